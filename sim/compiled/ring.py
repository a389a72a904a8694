"""The rows of the compiled engine that have not left: a ring that grows."""

from __future__ import annotations

import numpy as np

from sim.compiled.state import HOP, ROW, State

#: An event adds fewer rows than this.
_MARGIN = 4


class RowRing:
    """Rows ``first`` to ``next``, each in the ring at its number, and its hops beside.

    Args:
        places: how many hops a row has.
        adds: whether rows begin by themselves, so that room for them is left.
    """

    def __init__(self, state: State, places: int, *, adds: bool) -> None:
        self._state, self._places, self._adds = state, places, adds
        self._first = 0
        self._set_limit()

    @property
    def first(self) -> int:
        """The first row that has not left."""
        return self._first

    @first.setter
    def first(self, row: int) -> None:
        self._first = row
        self._set_limit()

    @property
    def next(self) -> int:
        """The number of the next row."""
        return int(self._state.g["next_row"][0])

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return the records of some rows, copied."""
        return self._state["row"][rows & self._mask]

    def numbers(self) -> np.ndarray:
        """Return the numbers of all rows that have not left."""
        return np.arange(self._first, self.next)

    def field(self, rows: np.ndarray, name: str) -> np.ndarray:
        """Return a field of some rows, copied."""
        return self._state["row"][name][rows & self._mask]

    def put(self, rows: np.ndarray, name: str, values: np.ndarray | int) -> None:
        """Set a field of some rows."""
        self._state["row"][name][rows & self._mask] = values

    def add(self, count: int) -> int:
        """Make room for so many rows more; return the number of the first."""
        first = self.next
        if first + count + _MARGIN - self._first > len(self._state["row"]):
            self._widen(1 << (first + count + _MARGIN - self._first - 1).bit_length())
        self._state.g["next_row"] = first + count
        return first

    def grow(self) -> None:
        """Make room for twice as many rows."""
        self._widen(2 * len(self._state["row"]))

    @property
    def _mask(self) -> int:
        return len(self._state["row"]) - 1

    def _widen(self, size: int) -> None:
        """Move rows and their hops into larger rings."""
        ids = self.numbers()
        rows, hops = np.zeros(size, ROW), np.zeros((size, self._places), HOP)
        rows[ids & (size - 1)] = self._state["row"][ids & self._mask]
        hops[ids & (size - 1)] = self._state["hop"].reshape(-1, self._places)[ids & self._mask]
        self._state.g["mask"] = size - 1
        self._state.put(row=rows, hop=hops.reshape(-1))
        self._set_limit()

    def _set_limit(self) -> None:
        if self._adds:
            self._state.g["row_limit"] = self._first + len(self._state["row"]) - _MARGIN
