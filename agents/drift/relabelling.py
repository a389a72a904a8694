"""How a concept renames classes: pairs that trade places, and a whole permutation picked by a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.seeding import Purpose, rng


@dataclass(frozen=True)
class Relabelling:
    """First the swaps, then the permutation; hashable.

    Attributes:
        swap: pairs of classes that exchange their labels.
        permute: number of the permutation of all classes, or None. It is the same in every run, for any seed.
    """

    swap: tuple[tuple[int, int], ...] = ()
    permute: int | None = None

    @property
    def names(self) -> list[str]:
        """What it does, part by part, for tables and figures."""
        permuted = [] if self.permute is None else [f"permute {self.permute}"]
        return [f"swap {a}-{b}" for a, b in self.swap] + permuted

    def of(self, classes: int) -> np.ndarray:
        """Return the new name of each class: int16 [classes]."""
        renamed = np.arange(classes, dtype=np.int16)
        for a, b in self.swap:
            renamed[[a, b]] = renamed[[b, a]]
        if self.permute is None:
            return renamed
        return rng(self.permute, Purpose.LABEL_PERMUTATION, classes).permutation(classes).astype(np.int16)[renamed]


def read_relabelling(raw: Mapping[str, Any], classes: int) -> Relabelling:
    """Read ``{swap: [[a, b]], permute: n}``.

    Raises:
        ValueError: an unknown key, or a swap that fits no class.
    """
    unknown = sorted(set(raw) - {"swap", "permute"})
    if unknown:
        raise ValueError(f"labels have no {unknown[0]!r}; known are prior, dirichlet, swap, permute")
    permute = raw.get("permute")
    return Relabelling(_read_swap(raw.get("swap") or (), classes), None if permute is None else int(permute))


def _read_swap(swap: Sequence[Sequence[int]], classes: int) -> tuple[tuple[int, int], ...]:
    pairs = tuple((int(a), int(b)) for a, b in swap)
    named = [label for pair in pairs for label in pair]
    if len(set(named)) != len(named) or not set(named) <= set(range(classes)):
        raise ValueError(f"labels.swap {list(swap)} must pair different classes from 0 to {classes - 1}, each once")
    return tuple(sorted((min(pair), max(pair)) for pair in pairs))
