"""Columns of undeclared kind: the first value present decides it for the whole column."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from math import isnan

import numpy as np

from agents.tabular.columns import CellError, Column, Names, Numbers, is_number
from agents.tabular.spelling import PLAIN, Spelling

#: Digits of a whole number, or zeros behind the point, beyond which a label is text.
_MOST_DIGITS = 300


class Guessed:
    """Numbers if the first value is one, else names."""

    def __init__(self, spelling: Spelling = PLAIN) -> None:
        self.found: Column | None = None
        self.spelling = spelling

    def read(self, cells: Sequence[str]) -> np.ndarray:
        if self.found is None:
            first = next(iter(self.spelling.known(cells)), None)
            if first is None:
                return np.full(len(cells), np.nan)
            numeric = self.spelling.is_number(first)
            self.found = Numbers(self.spelling) if numeric else Names(spelling=self.spelling)
        try:
            return self.found.read(cells)
        except CellError as error:
            raise CellError(error.row, f"{error}{_advice(self.found)}") from None


class Labels(Names):
    """Names of classes; numbers are written in one way, so that 1 and 1.0 are one class."""

    def __init__(self, most: int, spelling: Spelling = PLAIN) -> None:
        super().__init__(most=most, spelling=spelling)

    def read(self, cells: Sequence[str]) -> np.ndarray:
        return super().read([self._written(cell.strip()) for cell in cells])

    def _written(self, cell: str) -> str:
        if not is_number(cell) or self.spelling.is_missing(cell):
            return cell
        exact = _exact(cell)
        if exact is None:
            return cell
        if exact == exact.to_integral_value():
            return str(int(exact))
        value = float(cell)
        # What a float takes for a whole number, as 9007199254740992.5, it does not tell from its neighbours.
        return cell if value.is_integer() else repr(value)

    @property
    def order(self) -> np.ndarray:
        """Return for each number that was given out the place of its name among all, sorted: int64 [names]."""
        names = list(self.known)
        numbers = all(map(is_number, names))
        ranked = sorted(range(len(names)), key=lambda n: _ranked(names[n]) if numbers else names[n])
        return np.argsort(np.array(ranked, np.int64))


def _exact(cell: str) -> Decimal | None:
    """Return the number that a cell holds to its last digit; None if it is no finite one of a length people write.

    Identifiers have more digits than a float keeps: read as floats, neighbours would be one class.
    """
    try:
        value = Decimal(cell)
    except InvalidOperation:
        return None
    return value if "_" not in cell and value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS else None


def _ranked(name: str) -> tuple[bool, Decimal | float, str]:
    """Return what names that are all numbers are sorted by; what is not a number, nan, comes last."""
    value = float(name)
    return isnan(value), 0.0 if isnan(value) else _exact(name) or value, name


def _advice(column: Column) -> str:
    if isinstance(column, Numbers):
        return (
            "; numbers stand above it. If it stands for no value, name it under 'missing'; "
            "if the column holds categories, name it under 'nominal'"
        )
    return "; name the column under 'ignore' to leave it out"
