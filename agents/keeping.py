"""Names in checkpoints: what one part keeps is filed below a prefix, and found there again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch

from agents.contract import Kept


class Keeper(Protocol):
    """A part of a stack of blocks that keeps something of each device."""

    def checkpoint(self, rows: slice) -> Kept:
        """Return copies of all that is kept of one block, whose devices are ``rows``, by name."""
        ...

    def restore(self, kept: Sequence[Kept]) -> None:
        """Go to where blocks were when :meth:`checkpoint` was called; nothing that is given is written to."""
        ...


def joined(kept: Sequence[Kept]) -> Kept:
    """Return what several blocks kept, each array behind that of the block before."""
    return {name: np.concatenate([one[name] for one in kept]) for name in kept[0]}


def below(prefix: str, kept: Mapping[str, np.ndarray]) -> Kept:
    """Return the arrays under longer names: ``prefix``, a dot, and the name they had."""
    return {f"{prefix}.{name}": values for name, values in kept.items()}


def under(prefix: str, kept: Mapping[str, np.ndarray]) -> Kept:
    """Return the arrays that :func:`below` filed, under their own names."""
    whole = f"{prefix}."
    return {name.removeprefix(whole): values for name, values in kept.items() if name.startswith(whole)}


def as_arrays(tensors: Mapping[str, torch.Tensor]) -> Kept:
    """Return copies of tensors as arrays."""
    return {name: values.detach().cpu().numpy().copy() for name, values in tensors.items()}


def as_tensors(kept: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Return copies of arrays as tensors."""
    return {name: torch.from_numpy(values.copy()) for name, values in kept.items()}
