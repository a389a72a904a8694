"""States that devices have learnt locally and do not use yet: they take effect when the learning time is over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.checkpoint_names import as_arrays, as_tensors, concatenated
from agents.contract import Snapshot
from agents.fleet.row_buffer import RowBuffer, Rows
from agents.methods.base import DeviceState
from agents.torch_device import CPU, moved

_ROW, _STEPS = "learnt.row", "learnt.steps"


class Learnt:
    """States that are to be adopted, each stored under its ticket; and the steps that devices have taken so far."""

    def __init__(self, devices: int, device: torch.device) -> None:
        self.steps = np.zeros(devices, np.int64)
        self._device, self._waiting = device, RowBuffer()

    def put(self, tickets: np.ndarray, rows: np.ndarray, state: DeviceState, steps: torch.Tensor) -> None:
        """Store states [tickets, ...] of devices ``rows``; ``steps`` int64 [tickets] were taken for them."""
        steps = steps.to(CPU)
        self.steps[rows] += steps.numpy()
        mine = {_ROW: torch.from_numpy(rows), _STEPS: steps}
        self._waiting.put(tickets.tolist(), moved(dict(state), CPU) | mine)

    def steps_of(self, ticket: int) -> int:
        """Return the steps that were taken for the state stored under a ticket."""
        return int(self._waiting.look([ticket])[_STEPS][0])

    def take(self, tickets: np.ndarray) -> DeviceState:
        """Remove and return the states of some tickets, stacked in their order."""
        rows = self._waiting.take(tickets.tolist())
        return moved({name: values for name, values in rows.items() if name not in (_ROW, _STEPS)}, self._device)

    def forget(self, tickets: np.ndarray) -> None:
        """Drop the states stored under some tickets, if any."""
        self._waiting.drop(tickets.tolist())

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return what is kept of one block; devices are counted from its first."""
        snapshot = {"steps": self.steps[rows].copy(), "width": np.array([rows.stop - rows.start])}
        tickets, waiting = self._waiting.all()
        if not len(tickets):
            return snapshot | {"tickets": tickets}
        row = waiting[_ROW].numpy()
        mine = np.flatnonzero((row >= rows.start) & (row < rows.stop))
        own: Rows = {name: values[torch.from_numpy(mine)] for name, values in waiting.items()}
        own[_ROW] = own[_ROW] - rows.start
        return snapshot | {"tickets": tickets[mine]} | as_arrays(own)

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Restore the state at :meth:`checkpoint`."""
        self.steps = np.concatenate([one["steps"] for one in snapshot])
        self._waiting = RowBuffer()
        firsts = np.cumsum([0, *(int(one["width"][0]) for one in snapshot)])
        some = [
            {**one, _ROW: one[_ROW] + first}
            for one, first in zip(snapshot, firsts[:-1], strict=True)
            if len(one["tickets"])
        ]
        if some:
            whole = concatenated([{name: one[name] for name in one if name not in ("steps", "width")} for one in some])
            self._waiting.put(whole.pop("tickets").tolist(), as_tensors(whole))
