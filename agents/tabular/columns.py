"""Columns of a table while it is read: numbers, names that become numbers, and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

#: What stands for a value that is not there.
MISSING = frozenset({"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"})
#: A column with more different names than this is no category: it would become as many features.
MOST_NAMES = 256


class CellError(ValueError):
    """The cell at ``row`` of a chunk cannot be used."""

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row


class Column(Protocol):
    """Turns the cells of one column into numbers."""

    def read(self, cells: Sequence[str]) -> np.ndarray:
        """Return float64 [cells]; NaN where a value is missing.

        Raises:
            CellError: a cell that is none of this column's.
        """
        ...


class Numbers:
    """Finite numbers."""

    def read(self, cells: Sequence[str]) -> np.ndarray:
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            values = np.array([self._one(row, cell) for row, cell in enumerate(cells)])
        # Python reads 1_000 and inf as numbers; a table does not.
        strange = np.isinf(values).any() or "_" in "".join(cells)
        return self._checked(cells, values) if strange else values

    def _one(self, row: int, cell: str) -> float:
        text = cell.strip()
        try:
            return np.nan if text in MISSING else float(text)
        except ValueError:
            raise CellError(row, f"{cell!r} is no number") from None

    def _checked(self, cells: Sequence[str], values: np.ndarray) -> np.ndarray:
        for row, cell in enumerate(cells):
            if np.isinf(values[row]) or "_" in cell:
                raise CellError(row, f"{cell!r} is no finite number")
        return values


class Names:
    """Names, numbered in the order in which they are met; or only those that were declared.

    Attributes:
        known: name -> number.
    """

    def __init__(self, declared: Iterable[str] | None = None, most: int | None = MOST_NAMES) -> None:
        self.known = {name: number for number, name in enumerate(declared or ())}
        self._open, self._most = declared is None, most

    def read(self, cells: Sequence[str]) -> np.ndarray:
        known = self.known
        return np.array([known[cell] if cell in known else self._new(row, cell) for row, cell in enumerate(cells)])

    def _new(self, row: int, cell: str) -> float:
        name = cell.strip()
        if name in MISSING and name not in self.known:
            return np.nan
        if name not in self.known:
            self._admit(row, name)
        return self.known[name]

    def _admit(self, row: int, name: str) -> None:
        if not self._open:
            raise CellError(row, f"{name!r} is none of the declared {', '.join(list(self.known)[:8])}")
        if self._most is not None and len(self.known) >= self._most:
            raise CellError(row, f"{name!r} is one name too many: a category has at most {self._most}")
        self.known[name] = len(self.known)


class Times:
    """Moments: numbers, or ISO 8601 dates; never falling from one row to the next."""

    def __init__(self) -> None:
        self._newest, self._text = -np.inf, ""

    def read(self, cells: Sequence[str]) -> np.ndarray:
        values = np.array([self._one(row, cell.strip()) for row, cell in enumerate(cells)])
        before = np.concatenate([[self._newest], values[:-1]])
        if (values < before).any():
            row = int((values < before).argmax())
            raise CellError(row, f"time {cells[row]!r} is before {cells[row - 1] if row else self._text!r} above it")
        self._newest, self._text = float(values[-1]), cells[-1]
        return values

    def _one(self, row: int, cell: str) -> float:
        try:
            moment = float(cell)
        except ValueError:
            moment = _iso_s(row, cell)
        if not np.isfinite(moment):
            raise CellError(row, f"{cell!r} is no time")
        return moment


def is_number(cell: str) -> bool:
    """Return whether a cell reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _iso_s(row: int, cell: str) -> float:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise CellError(row, f"{cell!r} is no time; wanted: a number or a date like 2024-05-31 12:00:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
