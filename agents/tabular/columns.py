"""Columns of a table while it is read: numbers, names that become numbers, and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from agents.tabular.doubts import mostly_numbers
from agents.tabular.moments import compact_dates, moment_s
from agents.tabular.spelling import PLAIN, Spelling, other_spelling

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
    """Finite numbers, in one spelling."""

    def __init__(self, spelling: Spelling = PLAIN) -> None:
        self.spelling = spelling

    def read(self, cells: Sequence[str]) -> np.ndarray:
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells)) if self.spelling.plain else None
        except ValueError:
            values = None
        if values is None:
            values = np.array([self._one(row, cell) for row, cell in enumerate(cells)], np.float64)
        # Python reads 1_000 and inf as numbers; a table does not.
        strange = np.isinf(values).any() or "_" in "".join(cells)
        return self.without_missing(self._checked(cells, values) if strange else values)

    def without_missing(self, values: np.ndarray) -> np.ndarray:
        """Return values with NaN for numbers that stand for none."""
        numbers = self.spelling.missing_numbers
        return np.where(np.isin(values, numbers), np.nan, values) if len(numbers) else values

    def _one(self, row: int, cell: str) -> float:
        if self.spelling.is_missing(cell):
            return np.nan
        try:
            return self.spelling.number(cell)
        except ValueError:
            odd = other_spelling(cell)
            raise CellError(row, f"{cell!r} is no number{f' ({odd})' if odd else ''}") from None

    def _checked(self, cells: Sequence[str], values: np.ndarray) -> np.ndarray:
        for row, cell in enumerate(cells):
            if "_" in cell and not self.spelling.is_missing(cell):
                raise CellError(row, f"{cell!r} is no number ({other_spelling(cell)})")
            if np.isinf(values[row]):
                raise CellError(row, f"{cell!r} is no finite number")
        return values


class Names:
    """Names, numbered in the order in which they are met; or only those that were declared.

    Attributes:
        known: name -> number.
    """

    def __init__(
        self, declared: Iterable[str] | None = None, most: int | None = MOST_NAMES, spelling: Spelling = PLAIN
    ) -> None:
        self.spelling = spelling
        self.known = {name: number for number, name in enumerate(declared or ())}
        self._open, self._most = declared is None, most

    def read(self, cells: Sequence[str]) -> np.ndarray:
        known = self.known
        return np.array([known[cell] if cell in known else self._new(row, cell) for row, cell in enumerate(cells)])

    def _new(self, row: int, cell: str) -> float:
        name = cell.strip()
        if self.spelling.is_missing(name) and name not in self.known:
            return np.nan
        if name not in self.known:
            self._admit(row, name)
        return self.known[name]

    def _admit(self, row: int, name: str) -> None:
        if not self._open:
            raise CellError(row, f"{name!r} is none of the declared {', '.join(list(self.known)[:8])}")
        if self._most is not None and len(self.known) >= self._most:
            odd = self._stranger() if self.spelling.is_number(name) else other_spelling(name)
            said = f"{name!r} is one name too many: a category has at most {self._most}"
            raise CellError(row, f"{said}{f' ({odd})' if odd else ''}")
        self.known[name] = len(self.known)

    def _stranger(self) -> str | None:
        """Return what made names of a column of numbers: the first that is none; None if no such column is known."""
        found = mostly_numbers(list(self.known), np.ones(len(self.known), np.int64), self.spelling)
        return f"{found[0]!r} is no number: {found[1]}" if found and not self.spelling.is_number(found[0]) else None


class Times:
    """Moments: numbers, or dates; never falling from one row to the next, unless they may come in ``any_order``.

    ``layout`` is that of dates, for strptime.
    """

    def __init__(self, layout: str | None = None, any_order: bool = False) -> None:
        self._newest, self._text, self._layout = -np.inf, "", layout
        self._any_order = any_order
        self._counts: bool | None = None

    def read(self, cells: Sequence[str]) -> np.ndarray:
        values = np.array([self._one(row, cell.strip()) for row, cell in enumerate(cells)])
        if self._any_order:
            return values
        before = np.concatenate([[self._newest], values[:-1]])
        if (values < before).any():
            row = int((values < before).argmax())
            raise CellError(row, f"time {cells[row]!r} is before {cells[row - 1] if row else self._text!r} above it")
        self._newest, self._text = float(values[-1]), cells[-1]
        return values

    def settled(self, values: np.ndarray) -> np.ndarray:
        """Return all that was read, in seconds where the numbers are dates: 20200731."""
        dates = compact_dates(values) if self._counts else None
        return values if dates is None else dates

    def _one(self, row: int, cell: str) -> float:
        counts = self._layout is None and is_number(cell)
        if self._counts not in (None, counts):
            raise CellError(row, f"{cell!r} is a {'number' if counts else 'date'}, where the rows above hold others")
        self._counts = counts
        try:
            moment = float(cell) if counts else moment_s(cell, self._layout)
        except ValueError as error:
            raise CellError(row, str(error)) from None
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
