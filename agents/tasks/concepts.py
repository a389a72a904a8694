"""A concept: how the world looks and how it is labelled, as plain values that can be mixed and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: What each number of a concept is when nothing is done to the world.
Neutral = Mapping[str, float]


@dataclass(frozen=True)
class Concept:
    """A set of transforms with their strengths, a label prior and a label swap; hashable.

    Attributes:
        strengths: (transform, strength) in alphabetical order, neutral ones left out.
        prior: probability of each class, or None for that of the data.
        swap: pairs of classes that exchange their labels.
    """

    strengths: tuple[tuple[str, float], ...] = ()
    prior: tuple[float, ...] | None = None
    swap: tuple[tuple[int, int], ...] = ()

    @property
    def name(self) -> str:
        """A name for tables and figures, ``original`` for the untouched world."""
        parts = [f"{name} {strength:g}" for name, strength in self.strengths]
        parts += ["prior"] if self.prior else []
        parts += [f"swap {a}-{b}" for a, b in self.swap]
        return " + ".join(parts) or "original"

    def relabel(self, label: np.ndarray, classes: int) -> np.ndarray:
        """Return ``label`` (any shape of class indices) under this concept, as int16."""
        renamed = np.arange(classes, dtype=np.int16)
        for a, b in self.swap:
            renamed[[a, b]] = renamed[[b, a]]
        return renamed[label]


def read_concept(raw: Mapping[str, Any], neutral: Neutral, classes: int) -> Concept:
    """Read a concept as a scenario writes it: ``{rotate: 90.0, labels: {prior: [..], swap: [[a, b]]}}``.

    Raises:
        ValueError: a transform that the task does not know, or labels that fit no class.
    """
    labels = dict(raw.get("labels") or {})
    prior, swap = labels.pop("prior", None), labels.pop("swap", ())
    unknown = sorted(labels) + sorted(set(raw) - set(neutral) - {"labels"})
    if unknown:
        raise ValueError(f"concept has no {unknown[0]!r}; known are {', '.join([*neutral, 'labels'])}")
    strengths = {name: float(raw[name]) for name in neutral if name in raw}
    return Concept(_drop_neutral(strengths, neutral), _read_prior(prior, classes), _read_swap(swap, classes))


def between(start: Concept, end: Concept, share: float, neutral: Neutral) -> Concept:
    """Return the concept that has gone ``share`` of the way from ``start`` to ``end``, strength by strength.

    Raises:
        ValueError: a label swap on the way: a swap has no half.
    """
    if start.swap != end.swap:
        raise ValueError("a label swap cannot move step by step; use kind: gradual or sudden")
    if share == 1.0:
        return end
    old, new = dict(start.strengths), dict(end.strengths)
    moved = {name: _mix(old.get(name, rest), new.get(name, rest), share) for name, rest in neutral.items()}
    return Concept(_drop_neutral(moved, neutral), _between_priors(start, end, share), end.swap)


def _mix(old: float, new: float, share: float) -> float:
    return old + (new - old) * share


def _between_priors(start: Concept, end: Concept, share: float) -> tuple[float, ...] | None:
    if start.prior == end.prior:
        return end.prior
    if start.prior is None or end.prior is None:
        raise ValueError("a label prior can only move step by step from another prior; name both")
    return tuple(_mix(old, new, share) for old, new in zip(start.prior, end.prior, strict=True))


def _drop_neutral(strengths: Mapping[str, float], neutral: Neutral) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((name, value) for name, value in strengths.items() if value != neutral[name]))


def _read_prior(prior: Sequence[float] | None, classes: int) -> tuple[float, ...] | None:
    if prior is None:
        return None
    weights = np.asarray(prior, float)
    if weights.shape != (classes,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"labels.prior {list(prior)} must be {classes} weights >= 0")
    if weights.sum() == 0:
        raise ValueError("labels.prior must have a weight above 0")
    return tuple((weights / weights.sum()).tolist())


def _read_swap(swap: Sequence[Sequence[int]], classes: int) -> tuple[tuple[int, int], ...]:
    pairs = tuple((int(a), int(b)) for a, b in swap)
    named = [label for pair in pairs for label in pair]
    if len(set(named)) != len(named) or not set(named) <= set(range(classes)):
        raise ValueError(f"labels.swap {list(swap)} must pair different classes from 0 to {classes - 1}, each once")
    return tuple(sorted((min(pair), max(pair)) for pair in pairs))
