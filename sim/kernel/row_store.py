"""Rows that are written one by one and change until they are settled; settled rows are stored as columns."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

import numpy as np

Row = TypeVar("Row")

#: Rows that may be kept as objects before the settled ones among them become columns.
CHUNK = 1 << 14


class RowStore(Generic[Row]):
    """An append-only table of ``columns`` (attribute of a row -> type of its values).

    A row is an object for as long as it may change, then one number a column: a run of millions of exchanges holds
    few objects, and Python's garbage collector has little to walk through.

    Args:
        settled: says whether a row will never change again.
    """

    def __init__(self, columns: Mapping[str, type], settled: Callable[[Row], bool]) -> None:
        self._kinds, self._is_settled = columns, settled
        self._parts: dict[str, list[np.ndarray]] = {name: [] for name in columns}
        self._open: list[Row] = []
        self._limit, self._settled_rows = CHUNK, 0

    def __len__(self) -> int:
        return self._settled_rows + len(self._open)

    def add(self, row: Row) -> Row:
        """Append a row; it may still change."""
        if len(self._open) >= self._limit:
            self._settle()
        self._open.append(row)
        return row

    def extend(self, columns: Mapping[str, np.ndarray]) -> None:
        """Append many settled rows at once, one array for each column."""
        for name, parts in self._parts.items():
            parts.append(columns[name].astype(self._kinds[name], copy=False))
        self._settled_rows += len(next(iter(columns.values())))

    def column(self, name: str) -> np.ndarray:
        """Return the values of one column, the settled rows first."""
        parts = [*self._parts[name], self._values(self._open, name)]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def columns(self) -> dict[str, np.ndarray]:
        """Return all columns; rows are in the same order in each."""
        return {name: self.column(name) for name in self._kinds}

    def _settle(self) -> None:
        rows = [row for row in self._open if self._is_settled(row)]
        self._open = [row for row in self._open if not self._is_settled(row)]
        self.extend({name: self._values(rows, name) for name in self._kinds})
        # Where most rows stay open, checking all of them again after each chunk would cost n squared.
        self._limit = CHUNK + 2 * len(self._open)

    def _values(self, rows: Sequence[Row], name: str) -> np.ndarray:
        return np.fromiter(map(attrgetter(name), rows), self._kinds[name], len(rows))


def extend(column: array[Any], values: np.ndarray) -> None:
    """Append values to a column of their own type."""
    column.frombytes(values.tobytes())


def picked(column: array[Any] | bytearray, rows: np.ndarray) -> np.ndarray:
    """Return the values of some rows of a column, which is not copied whole."""
    # The view must be gone before the column grows.
    return np.frombuffer(column, column.typecode if isinstance(column, array) else np.uint8)[rows]


def values_of(column: array[Any] | bytearray, kind: type | None = None) -> np.ndarray:
    """Return all values of a column; those of bytes as ``kind``.

    It is a copy: an array cannot grow while views of it exist.
    """
    if isinstance(column, bytearray):
        return np.frombuffer(bytes(column), kind or np.uint8)
    return np.frombuffer(column.tobytes(), column.typecode)
