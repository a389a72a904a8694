"""Columns of undeclared kind: the first value present decides it for the whole column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.tabular.columns import MISSING, CellError, Column, Names, Numbers, is_number


class Guessed:
    """Numbers if the first value is one, else names."""

    def __init__(self) -> None:
        self.found: Column | None = None

    def read(self, cells: Sequence[str]) -> np.ndarray:
        if self.found is None:
            first = next((cell for cell in cells if cell.strip() not in MISSING), None)
            if first is None:
                return np.full(len(cells), np.nan)
            self.found = Numbers() if is_number(first) else Names()
        try:
            return self.found.read(cells)
        except CellError as error:
            raise CellError(error.row, f"{error}{_advice(self.found)}") from None


class Labels(Names):
    """Names of classes; numbers are written in one way, so that 1 and 1.0 are one class."""

    def __init__(self, most: int) -> None:
        super().__init__(most=most)

    def read(self, cells: Sequence[str]) -> np.ndarray:
        return super().read([_written(cell.strip()) for cell in cells])

    @property
    def order(self) -> np.ndarray:
        """Return for each number that was given out the place of its name among all, sorted: int64 [names]."""
        names = list(self.known)
        numbers = all(map(is_number, names))
        ranked = sorted(range(len(names)), key=lambda n: float(names[n]) if numbers else names[n])
        return np.argsort(np.array(ranked, np.int64))


def _written(cell: str) -> str:
    if not is_number(cell) or cell in MISSING:
        return cell
    value = float(cell)
    return str(int(value)) if value.is_integer() else repr(value)


def _advice(column: Column) -> str:
    if isinstance(column, Numbers):
        return "; numbers stand above it. If the column holds categories, name it under 'nominal'"
    return "; name the column under 'ignore' to leave it out"
