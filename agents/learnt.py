"""What devices have learnt by themselves and do not use yet: it takes effect when the time for learning is over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.contract import Kept
from agents.devices import CPU, moved
from agents.keeping import as_arrays, as_tensors, joined
from agents.methods.base import DeviceState
from agents.shelf import Rows, Shelf

_ROW, _STEPS = "learnt.row", "learnt.steps"


class Learnt:
    """States that wait to be adopted, each under its ticket; and the steps that devices have taken so far."""

    def __init__(self, devices: int, device: torch.device) -> None:
        self.steps = np.zeros(devices, np.int64)
        self._device, self._waiting = device, Shelf()

    def put(self, tickets: np.ndarray, rows: np.ndarray, state: DeviceState, steps: torch.Tensor) -> None:
        """Let states [tickets, ...] of devices ``rows`` wait; ``steps`` int64 [tickets] were taken for them."""
        steps = steps.to(CPU)
        self.steps[rows] += steps.numpy()
        mine = {_ROW: torch.from_numpy(rows), _STEPS: steps}
        self._waiting.put(tickets.tolist(), moved(dict(state), CPU) | mine)

    def steps_of(self, ticket: int) -> int:
        """Return the steps that were taken for what waits under a ticket."""
        return int(self._waiting.look([ticket])[_STEPS][0])

    def take(self, tickets: np.ndarray) -> DeviceState:
        """Return what was learnt under some tickets, stacked in their order; it waits no longer."""
        rows = self._waiting.take(tickets.tolist())
        return moved({name: values for name, values in rows.items() if name not in (_ROW, _STEPS)}, self._device)

    def forget(self, tickets: np.ndarray) -> None:
        """Drop what waits under some tickets, if anything does."""
        self._waiting.drop(tickets.tolist())

    def checkpoint(self, rows: slice) -> Kept:
        """Return what is kept of one block; devices are counted from its first."""
        kept = {"steps": self.steps[rows].copy(), "width": np.array([rows.stop - rows.start])}
        tickets, waiting = self._waiting.all()
        if not len(tickets):
            return kept | {"tickets": tickets}
        row = waiting[_ROW].numpy()
        mine = np.flatnonzero((row >= rows.start) & (row < rows.stop))
        own: Rows = {name: values[torch.from_numpy(mine)] for name, values in waiting.items()}
        own[_ROW] = own[_ROW] - rows.start
        return kept | {"tickets": tickets[mine]} | as_arrays(own)

    def restore(self, kept: Sequence[Kept]) -> None:
        """Go to where :meth:`checkpoint` was called."""
        self.steps = np.concatenate([one["steps"] for one in kept])
        self._waiting = Shelf()
        firsts = np.cumsum([0, *(int(one["width"][0]) for one in kept)])
        some = [
            {**one, _ROW: one[_ROW] + first}
            for one, first in zip(kept, firsts[:-1], strict=True)
            if len(one["tickets"])
        ]
        if some:
            whole = joined([{name: one[name] for name in one if name not in ("steps", "width")} for one in some])
            self._waiting.put(whole.pop("tickets").tolist(), as_tensors(whole))
