"""Names in checkpoints: what one part keeps is filed below a prefix, and found there again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch

from agents.contract import FROZEN, Kept


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


def as_frozen(tensors: Mapping[str, torch.Tensor]) -> Kept:
    """Return tensors that never change as arrays of the same memory, under names that say so."""
    return below(FROZEN, shared_arrays(tensors))


def frozen_part(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors of a state that never change: those below ``frozen.``."""
    return {name: values for name, values in state.items() if name.startswith(f"{FROZEN}.")}


def moving_part(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return all other tensors of a state."""
    return {name: values for name, values in state.items() if not name.startswith(f"{FROZEN}.")}


def shared_arrays(tensors: Mapping[str, torch.Tensor]) -> Kept:
    """Return tensors as arrays of the same memory, where they are on the processor."""
    return {name: values.detach().cpu().numpy() for name, values in tensors.items()}


def thawed(kept: Mapping[str, np.ndarray]) -> Kept:
    """Return arrays under their own names, whether or not :func:`as_frozen` named them."""
    return {name.removeprefix(f"{FROZEN}."): values for name, values in kept.items()}


def as_tensors(kept: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Return copies of arrays as tensors."""
    return {name: torch.from_numpy(values.copy()) for name, values in kept.items()}
