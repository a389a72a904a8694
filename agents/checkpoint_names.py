"""Names in checkpoints: what one part keeps is filed below a prefix, and found there again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch

from agents.contract import FROZEN, Snapshot


class Checkpointable(Protocol):
    """A part of a stack of blocks that keeps something of each device."""

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return copies of all that is kept of one block, whose devices are ``rows``, by name."""
        ...

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Go to where blocks were when :meth:`checkpoint` was called; nothing that is given is written to."""
        ...


def concatenated(snapshot: Sequence[Snapshot]) -> Snapshot:
    """Return what several blocks kept, each array behind that of the block before."""
    return {name: np.concatenate([one[name] for one in snapshot]) for name in snapshot[0]}


def with_prefix(prefix: str, snapshot: Mapping[str, np.ndarray]) -> Snapshot:
    """Return the arrays under longer names: ``prefix``, a dot, and the name they had."""
    return {f"{prefix}.{name}": values for name, values in snapshot.items()}


def without_prefix(prefix: str, snapshot: Mapping[str, np.ndarray]) -> Snapshot:
    """Return the arrays that :func:`with_prefix` filed, under their own names."""
    whole = f"{prefix}."
    return {name.removeprefix(whole): values for name, values in snapshot.items() if name.startswith(whole)}


def as_arrays(tensors: Mapping[str, torch.Tensor]) -> Snapshot:
    """Return copies of tensors as arrays."""
    return {name: values.detach().cpu().numpy().copy() for name, values in tensors.items()}


def as_frozen(tensors: Mapping[str, torch.Tensor]) -> Snapshot:
    """Return tensors that never change as arrays of the same memory, under names that say so."""
    return with_prefix(FROZEN, shared_arrays(tensors))


def frozen_part(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors of a state that never change: those below ``frozen.``."""
    return {name: values for name, values in state.items() if name.startswith(f"{FROZEN}.")}


def moving_part(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return all other tensors of a state."""
    return {name: values for name, values in state.items() if not name.startswith(f"{FROZEN}.")}


def shared_arrays(tensors: Mapping[str, torch.Tensor]) -> Snapshot:
    """Return tensors as arrays of the same memory, where they are on the processor."""
    return {name: values.detach().cpu().numpy() for name, values in tensors.items()}


def thawed(snapshot: Mapping[str, np.ndarray]) -> Snapshot:
    """Return arrays under their own names, whether or not :func:`as_frozen` named them."""
    return {name.removeprefix(f"{FROZEN}."): values for name, values in snapshot.items()}


def as_tensors(snapshot: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Return copies of arrays as tensors."""
    return {name: torch.from_numpy(values.copy()) for name, values in snapshot.items()}
