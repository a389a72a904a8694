"""A row buffer: rows of tensors, each stored under its ticket until it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from agents.checkpoint_names import as_arrays, as_tensors, with_prefix, without_prefix
from agents.contract import Snapshot

Rows = dict[str, torch.Tensor]


class BufferView:
    """Rows that were taken from a buffer; they stay valid until rows are put into it."""

    def __init__(self, fields: Rows, slots: Sequence[int]) -> None:
        self._fields, self._slots = fields, torch.tensor(slots, dtype=torch.int64)

    def of(self, rows: np.ndarray) -> Rows:
        """Return copies of some of the rows, stacked."""
        slots = self._slots.index_select(0, torch.from_numpy(rows))
        return {name: values.index_select(0, slots) for name, values in self._fields.items()}


class RowBuffer:
    """Keeps rows in slots of stacked tensors, so that many are added and removed in a few copies.

    All rows have the same fields and shapes; the buffer grows as needed, and never shrinks.
    """

    def __init__(self) -> None:
        self._slot_of: dict[int, int] = {}
        self._free: list[int] = []
        self._fields: Rows = {}
        self._slots = 0

    def put(self, tickets: Sequence[int], rows: Mapping[str, torch.Tensor]) -> None:
        """Put rows [tickets, ...] into the buffer; the earlier row of a ticket is replaced."""
        self.drop(tickets)
        self._grow(len(tickets), rows)
        slots = [self._free.pop() for _ in tickets]
        self._slot_of.update(zip(tickets, slots, strict=True))
        index = torch.tensor(slots, dtype=torch.int64)
        for name, values in rows.items():
            self._fields[name].index_copy_(0, index, values)

    def take(self, tickets: Sequence[int]) -> Rows:
        """Remove rows from the buffer and return them, stacked in the order of ``tickets``.

        Raises:
            KeyError: a ticket has no row.
        """
        return self.view(tickets).of(np.arange(len(tickets)))

    def look(self, tickets: Sequence[int]) -> Rows:
        """Return copies of rows that stay in the buffer, stacked in the order of ``tickets``.

        Raises:
            KeyError: a ticket has no row.
        """
        return BufferView(self._fields, [self._slot_of[ticket] for ticket in tickets]).of(np.arange(len(tickets)))

    def __contains__(self, ticket: int) -> bool:
        return ticket in self._slot_of

    def view(self, tickets: Sequence[int]) -> BufferView:
        """Remove rows like :meth:`take`, but copy them on demand, before the next :meth:`put`."""
        slots = [self._slot_of.pop(ticket) for ticket in tickets]
        self._free += slots
        return BufferView(self._fields, slots)

    def all(self) -> tuple[np.ndarray, Rows]:
        """Return the tickets of all rows, int64, and copies of the rows; no fields if there are none."""
        tickets = list(self._slot_of)
        return np.array(tickets, np.int64), self.look(tickets) if tickets else {}

    def drop(self, tickets: Sequence[int]) -> None:
        """Remove the rows of some tickets, if there are any."""
        self._free += [self._slot_of.pop(ticket) for ticket in tickets if ticket in self._slot_of]

    def checkpoint(self) -> Snapshot:
        """Return all that is in the buffer, by name."""
        tickets, rows = self.all()
        return {"tickets": tickets} | with_prefix("rows", as_arrays(rows))

    def restore(self, snapshot: Snapshot) -> None:
        """Restore the rows at :meth:`checkpoint`."""
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
    """Return some rows of stacked updates, or of an object that stands for them and selects rows itself."""
    if isinstance(updates, Mapping):
        picked = torch.from_numpy(rows)
        return {name: values.index_select(0, picked) for name, values in updates.items()}
    return updates.of(rows)
