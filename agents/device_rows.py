"""The stacked state of devices: as long as all are alike, one row stands for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch

from agents.contract import Kept
from agents.devices import device_of, moved
from agents.keeping import as_arrays, as_tensors, joined
from agents.methods.base import DeviceState


class DeviceRows:
    """Rows of state that are read in batches and written one by one.

    ``state`` has a row for each of ``width`` devices, or one for all; it is never written to: the first device
    that differs makes rows for everybody. If ``shared``, the one row is all that there will ever be.
    """

    def __init__(self, state: DeviceState, width: int, *, shared: bool) -> None:
        self._state, self._width, self._shared, self._own = state, width, shared, False
        self.device = device_of(state)

    def of(self, rows: np.ndarray) -> DeviceState:
        """Return the rows of some devices, not to be written to; the one row, if it is shared for good.

        What nobody looks at is never copied; whatever is wanted must be looked at before anything is :meth:`put`.
        """
        return self._state if self._shared else _Some(self._state, rows)

    def put(self, rows: np.ndarray, changed: DeviceState) -> None:
        """Give some devices the rows of ``changed``."""
        if self._shared:
            return
        if not self._own:
            whole = {name: values.expand(self._width, *values.shape[1:]) for name, values in self._state.items()}
            self._state, self._own = {name: values.clone() for name, values in whole.items()}, True
        index = torch.from_numpy(rows).to(self.device)
        for name, values in changed.items():
            rows_of = self._state[name]
            # What a method did not change it may give back as it was given: a view of what is written here.
            given_back = values.untyped_storage().data_ptr() == rows_of.untyped_storage().data_ptr()
            rows_of.index_copy_(0, index, (values.clone() if given_back else values).to(rows_of.dtype))

    def checkpoint(self, rows: slice) -> Kept:
        """Return copies of the rows of one block; one row, if it stands for all."""
        return as_arrays({name: values if len(values) == 1 else values[rows] for name, values in self._state.items()})

    def restore(self, kept: Sequence[Kept]) -> None:
        """Go to where :meth:`checkpoint` was called."""
        width = self._width // len(kept)
        self._own = any(len(values) > 1 for one in kept for values in one.values())
        # Some blocks may have rows of their own where one row stands for another block.
        each = [{name: _repeated(values, width) for name, values in one.items()} for one in kept]
        self._state = moved(as_tensors(joined(each) if self._own else kept[0]), self.device)


class _Some(Mapping[str, torch.Tensor]):
    """Some rows of stacked tensors, gathered when they are looked at; one row that stands for all is repeated."""

    def __init__(self, stacked: Mapping[str, torch.Tensor], rows: np.ndarray) -> None:
        self._stacked, self._rows = stacked, rows
        self._whole = len(rows) > 0 and bool((rows == np.arange(rows[0], rows[0] + len(rows))).all())

    def __getitem__(self, name: str) -> torch.Tensor:
        values = self._stacked[name]
        if len(values) == 1:
            return values.expand(len(self._rows), *values.shape[1:])
        if self._whole:
            return values[int(self._rows[0]) :][: len(self._rows)]
        return values.index_select(0, torch.from_numpy(self._rows).to(values.device))

    def __iter__(self) -> Iterator[str]:
        return iter(self._stacked)

    def __len__(self) -> int:
        return len(self._stacked)


def _repeated(values: np.ndarray, rows: int) -> np.ndarray:
    return values.repeat(rows, axis=0) if len(values) == 1 else values


def one_if_alike(state: DeviceState) -> DeviceState:
    """Return one row of a state whose rows are all the same, else the state itself."""
    alike = all(bool((values == values[:1]).all()) for values in state.values())
    return {name: values[:1].clone() for name, values in state.items()} if alike else state
