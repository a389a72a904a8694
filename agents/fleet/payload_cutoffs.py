"""The data cut-off of the payloads under way: the time of the newest data in each."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from agents.checkpoint_names import concatenated
from agents.contract import Snapshot


class PayloadCutoffs:
    """A time for each ticket under way, and the device it is of, kept sorted by ticket."""

    def __init__(self) -> None:
        self._ticket, self._row, self._until_s = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)

    def note(self, ticket: np.ndarray, row: np.ndarray, until_s: np.ndarray) -> None:
        """Record the data cut-off of the payloads of some tickets; a ticket may be recorded again."""
        self.forget(ticket)
        self._set(
            np.concatenate([self._ticket, ticket]),
            np.concatenate([self._row, row]),
            np.concatenate([self._until_s, until_s]),
        )

    def of(self, ticket: np.ndarray) -> np.ndarray:
        """Return the data cut-off of the payloads of some tickets; infinity if never recorded."""
        if not len(self._ticket):
            return np.full(len(ticket), inf)
        at = self._positions(ticket)
        return np.where(self._ticket[at] == ticket, self._until_s[at], inf)

    def forget(self, ticket: np.ndarray) -> None:
        """Forget some tickets, whether recorded or not."""
        if len(self._ticket):
            at = self._positions(ticket)
            left = np.ones(len(self._ticket), bool)
            left[at[self._ticket[at] == ticket]] = False
            self._ticket, self._row, self._until_s = self._ticket[left], self._row[left], self._until_s[left]

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return the cut-offs of one block; devices are counted from its first."""
        mine = (self._row >= rows.start) & (self._row < rows.stop)
        columns = {"tickets": self._ticket, "knows_until_s": self._until_s, "rows": self._row - rows.start}
        return {name: values[mine] for name, values in columns.items()} | {"width": np.array([rows.stop - rows.start])}

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Restore the state at :meth:`checkpoint`."""
        whole = concatenated(snapshot)
        firsts = whole["width"].cumsum() - whole["width"]
        row = whole["rows"] + firsts.repeat([len(one["rows"]) for one in snapshot])
        self._set(whole["tickets"], row, whole["knows_until_s"])

    def _set(self, ticket: np.ndarray, row: np.ndarray, until_s: np.ndarray) -> None:
        order = ticket.argsort(kind="stable")
        self._ticket, self._row, self._until_s = ticket[order], row[order], until_s[order]

    def _positions(self, ticket: np.ndarray) -> np.ndarray:
        return np.minimum(self._ticket.searchsorted(ticket), len(self._ticket) - 1)
