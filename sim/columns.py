"""Columns that grow: typed arrays, because a list keeps an object for each number, four times its size."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np


def extend(column: array[Any], values: np.ndarray) -> None:
    """Append values to a column of their own type."""
    column.frombytes(values.tobytes())


def picked(column: array[Any] | bytearray, rows: np.ndarray) -> np.ndarray:
    """Return the values of some rows of a column, which is not copied whole."""
    # The view must be gone before the column grows.
    return np.frombuffer(column, column.typecode if isinstance(column, array) else np.uint8)[rows]


def values_of(column: array[Any] | bytearray, kind: type | None = None) -> np.ndarray:
    """Return all values of a column; those of bytes as ``kind``.

    It is a copy: as long as an array is looked at from elsewhere, it cannot grow.
    """
    if isinstance(column, bytearray):
        return np.frombuffer(bytes(column), kind or np.uint8)
    return np.frombuffer(column.tobytes(), column.typecode)
