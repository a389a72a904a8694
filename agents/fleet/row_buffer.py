"""A shelf: rows of tensors that wait for their turn, each under its ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from agents.checkpoint_names import as_arrays, as_tensors, with_prefix, without_prefix
from agents.contract import Snapshot

Rows = dict[str, torch.Tensor]


class BufferView:
    """Rows that were taken off a shelf and are still there, until something is put on it."""

    def __init__(self, fields: Rows, slots: Sequence[int]) -> None:
        self._fields, self._slots = fields, torch.tensor(slots, dtype=torch.int64)

    def of(self, rows: np.ndarray) -> Rows:
        """Return copies of some of the rows, stacked."""
        slots = self._slots.index_select(0, torch.from_numpy(rows))
        return {name: values.index_select(0, slots) for name, values in self._fields.items()}


class RowBuffer:
    """Keeps rows in slots of stacked tensors, so that many come and go in a few copies.

    All rows have the same fields and shapes; the shelf grows as it must, and never shrinks.
    """

    def __init__(self) -> None:
        self._slot_of: dict[int, int] = {}
        self._free: list[int] = []
        self._fields: Rows = {}
        self._slots = 0

    def put(self, tickets: Sequence[int], rows: Mapping[str, torch.Tensor]) -> None:
        """Put rows [tickets, ...] on the shelf; what a ticket had there is replaced."""
        self.drop(tickets)
        self._grow(len(tickets), rows)
        slots = [self._free.pop() for _ in tickets]
        self._slot_of.update(zip(tickets, slots, strict=True))
        index = torch.tensor(slots, dtype=torch.int64)
        for name, values in rows.items():
            self._fields[name].index_copy_(0, index, values)

    def take(self, tickets: Sequence[int]) -> Rows:
        """Take rows off the shelf, stacked in the order of ``tickets``.

        Raises:
            KeyError: nothing is there for a ticket.
        """
        return self.view(tickets).of(np.arange(len(tickets)))

    def look(self, tickets: Sequence[int]) -> Rows:
        """Return copies of rows that stay on the shelf, stacked in the order of ``tickets``.

        Raises:
            KeyError: nothing is there for a ticket.
        """
        return BufferView(self._fields, [self._slot_of[ticket] for ticket in tickets]).of(np.arange(len(tickets)))

    def __contains__(self, ticket: int) -> bool:
        return ticket in self._slot_of

    def view(self, tickets: Sequence[int]) -> BufferView:
        """Take rows off the shelf like :meth:`take`, to be copied by and by, before the next :meth:`put`."""
        slots = [self._slot_of.pop(ticket) for ticket in tickets]
        self._free += slots
        return BufferView(self._fields, slots)

    def all(self) -> tuple[np.ndarray, Rows]:
        """Return the tickets of all rows, int64, and copies of the rows; no fields if there are none."""
        tickets = list(self._slot_of)
        return np.array(tickets, np.int64), self.look(tickets) if tickets else {}

    def drop(self, tickets: Sequence[int]) -> None:
        """Forget what is kept for some tickets, if anything is."""
        self._free += [self._slot_of.pop(ticket) for ticket in tickets if ticket in self._slot_of]

    def checkpoint(self) -> Snapshot:
        """Return all that is on the shelf, by name."""
        tickets, rows = self.all()
        return {"tickets": tickets} | with_prefix("rows", as_arrays(rows))

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where :meth:`checkpoint` was called."""
        self.drop(list(self._slot_of))
        if len(snapshot["tickets"]):
            self.put(snapshot["tickets"].tolist(), as_tensors(without_prefix("rows", snapshot)))

    def _grow(self, wanted: int, rows: Mapping[str, torch.Tensor]) -> None:
        if len(self._free) >= wanted:
            return
        more = max(wanted, self._slots)
        for name, values in rows.items():
            empty = values.new_zeros(more, *values.shape[1:])
            self._fields[name] = torch.cat([self._fields[name], empty]) if self._slots else empty
        self._free += range(self._slots, self._slots + more)
        self._slots += more


def rows_of(updates: Any, rows: np.ndarray) -> Any:
    """Return some rows of stacked updates, or of whatever stands for them and knows its rows itself."""
    if isinstance(updates, Mapping):
        picked = torch.from_numpy(rows)
        return {name: values.index_select(0, picked) for name, values in updates.items()}
    return updates.of(rows)
