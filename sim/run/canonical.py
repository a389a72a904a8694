"""Columns as bytes that are the same on every machine."""

from __future__ import annotations

import numpy as np


def canonical(values: np.ndarray) -> memoryview | bytes:
    """Return the bytes of a column: little-endian values; names apart by zero bytes."""
    if values.dtype == object:
        return "\0".join(map(str, values.tolist())).encode()
    if values.dtype.kind == "f":
        # One zero and one NaN, whichever operation made them.
        values = values + 0.0
        values[np.isnan(values)] = np.nan
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False)).data
