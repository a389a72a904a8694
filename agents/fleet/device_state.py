"""The stacked state of devices: as long as all rows are equal, one row is stored for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch

from agents.checkpoint_names import as_arrays, as_frozen, thawed
from agents.contract import Snapshot
from agents.fleet.memory_limit import MemoryLimit
from agents.methods.base import DeviceState
from agents.torch_device import device_of

#: A tensor of fewer bytes is kept with each checkpoint, changed or not.
_LARGE_BYTES = 1 << 16


class DeviceStates:
    """Rows of state that are read in batches and written one by one.

    ``state`` has a row for each of ``width`` devices, or one for all; it is never written to: the first device
    that differs in a tensor makes rows of that tensor for every device, and of no other. If ``shared``, the one row is
    the only one for the whole run. Allocations are counted by ``limit``.
    """

    def __init__(self, state: DeviceState, width: int, *, shared: bool, limit: MemoryLimit | None = None) -> None:
        self._state, self._width, self._shared = dict(state), width, shared
        self._start: DeviceState = dict(state)
        self._limit = limit or MemoryLimit()
        self.device = device_of(state)

    def of(self, rows: np.ndarray) -> DeviceState:
        """Return the rows of some devices, not to be written to; the one row, if it stays shared.

        A field that is not read is never copied; what is needed must be read before anything is :meth:`put`.
        """
        return self._state if self._shared else _Some(self._state, rows)

    def put(self, rows: np.ndarray, changed: DeviceState) -> None:
        """Give some devices the rows of ``changed``."""
        if self._shared:
            return
        index = torch.from_numpy(rows).to(self.device)
        for name, values in changed.items():
            before = self._state[name]
            if not self._written(name):
                if same_row(values, before):
                    continue
                self._make_rows(name)
            rows_of = self._state[name]
            # What a method did not change it may give back as it was given: a view of what is written here.
            given_back = values.untyped_storage().data_ptr() == rows_of.untyped_storage().data_ptr()
            rows_of.index_copy_(0, index, (values.clone() if given_back else values).to(rows_of.dtype))

    def _written(self, name: str) -> bool:
        """Return whether a tensor has rows of its own here, which may be written to."""
        return self._state[name] is not self._start[name]

    def _make_rows(self, name: str) -> None:
        """Give each device a row of a tensor.

        Raises:
            BackendError: there would be more of them than memory may take.
        """
        before = self._state[name]
        each = before[:1].nbytes
        what = f"the state that methods keep for each device ('{name}': {each / 1e6:.3g} MB for each of {self._width})"
        self._limit.take(
            each * self._width, what, "use fewer devices, or let the method change a smaller set of tensors"
        )
        self._state[name] = before.expand(self._width, *before.shape[1:]).clone()

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return copies of the rows of one block; one row, if it stands for all.

        Large tensors that are still as they were at the start are kept as frozen: once, however many checkpoints.
        """
        snapshot: Snapshot = {}
        for name, values in self._state.items():
            if len(values) == 1 and values.nbytes >= _LARGE_BYTES and not self._written(name):
                snapshot |= as_frozen({name: values})
            else:
                snapshot |= as_arrays({name: values if len(values) == 1 else values[rows]})
        return snapshot

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Restore the state at :meth:`checkpoint`."""
        width = self._width // len(snapshot)
        blocks = [thawed(one) for one in snapshot]
        for name in blocks[0]:
            each = [one[name] for one in blocks]
            alike = all(len(values) == 1 for values in each)
            # Some blocks may have rows of their own where one row stands for another block.
            whole = each[0] if alike else np.concatenate([_repeated(values, width) for values in each])
            self._state[name] = torch.from_numpy(whole.copy()).to(self.device)
            if alike:
                self._start = {**self._start, name: self._state[name]}


def same_row(values: torch.Tensor, row: torch.Tensor) -> bool:
    """Return whether every row of ``values`` equals ``row``."""
    same = values.data_ptr() == row.data_ptr() and values.shape[1:] == row.shape[1:]
    return len(row) == 1 and same and values.stride()[1:] == row.stride()[1:] and values.dtype == row.dtype


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
