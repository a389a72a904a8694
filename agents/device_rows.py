"""The stacked state of a block's devices: as long as all are alike, one row stands for all."""

from __future__ import annotations

import numpy as np
import torch

from agents.contract import Kept
from agents.keeping import as_arrays, as_tensors
from agents.methods.base import DeviceState


class DeviceRows:
    """Rows of state that are read in batches and written one by one.

    ``state`` has a row for each of ``width`` devices, or one for all; it is never written to: the first device
    that differs makes rows for everybody. If ``shared``, the one row is all that there will ever be.
    """

    def __init__(self, state: DeviceState, width: int, *, shared: bool) -> None:
        self._state, self._width, self._shared, self._own = state, width, shared, False

    def of(self, rows: np.ndarray) -> DeviceState:
        """Return the rows of some devices, not to be written to; the one row, if it is shared for good."""
        if self._shared:
            return self._state
        if _alike(self._state):
            return {name: values.expand(len(rows), *values.shape[1:]) for name, values in self._state.items()}
        if np.array_equal(rows, np.arange(len(rows))):
            return {name: values[: len(rows)] for name, values in self._state.items()}
        index = torch.from_numpy(rows)
        return {name: values.index_select(0, index) for name, values in self._state.items()}

    def put(self, rows: np.ndarray, changed: DeviceState) -> None:
        """Give some devices the rows of ``changed``."""
        if self._shared:
            return
        if not self._own:
            whole = {name: values.expand(self._width, *values.shape[1:]) for name, values in self._state.items()}
            self._state, self._own = {name: values.clone() for name, values in whole.items()}, True
        index = torch.from_numpy(rows)
        for name, values in changed.items():
            rows_of = self._state[name]
            # What a method did not change it may give back as it was given: a view of what is written here.
            given_back = values.untyped_storage().data_ptr() == rows_of.untyped_storage().data_ptr()
            rows_of.index_copy_(0, index, (values.clone() if given_back else values).to(rows_of.dtype))

    def checkpoint(self) -> Kept:
        """Return copies of the rows, by name."""
        return as_arrays(self._state)

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called."""
        self._state, self._own = as_tensors(kept), any(len(values) > 1 for values in kept.values())


def one_if_alike(state: DeviceState) -> DeviceState:
    """Return one row of a state whose rows are all the same, else the state itself."""
    alike = all(bool((values == values[:1]).all()) for values in state.values())
    return {name: values[:1].clone() for name, values in state.items()} if alike else state


def _alike(state: DeviceState) -> bool:
    return all(len(values) == 1 for values in state.values())
