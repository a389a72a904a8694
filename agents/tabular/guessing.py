"""Columns of undeclared kind: the first value present decides it for the whole column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.tabular.columns import CellError, Column, Names, Numbers, is_number
from agents.tabular.spelling import PLAIN, Spelling


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
        value = float(cell)
        return str(int(value)) if value.is_integer() else repr(value)

    @property
    def order(self) -> np.ndarray:
        """Return for each number that was given out the place of its name among all, sorted: int64 [names]."""
        names = list(self.known)
        numbers = all(map(is_number, names))
        ranked = sorted(range(len(names)), key=lambda n: float(names[n]) if numbers else names[n])
        return np.argsort(np.array(ranked, np.int64))


def _advice(column: Column) -> str:
    if isinstance(column, Numbers):
        return (
            "; numbers stand above it. If it stands for no value, name it under 'missing'; "
            "if the column holds categories, name it under 'nominal'"
        )
    return "; name the column under 'ignore' to leave it out"
