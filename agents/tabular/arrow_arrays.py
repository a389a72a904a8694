"""Columns of pyarrow as arrays of NumPy, through their buffers: ``to_numpy`` would load pandas."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def as_numpy(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return numbers or truths that are all there, in the column's own type; the array shares its memory.

    Raises:
        ValueError: a value is missing.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if array.null_count:
        raise ValueError("a value is missing")
    if pa.types.is_boolean(array.type):
        return as_numpy(pc.cast(array, pa.uint8())).astype(bool)
    dtype = np.dtype("float64" if pa.types.is_float64(array.type) else str(array.type))
    buffer = array.buffers()[1]
    return np.frombuffer(buffer, dtype, len(array), array.offset * dtype.itemsize) if len(array) else np.empty(0, dtype)


def any_empty(column: pa.ChunkedArray) -> bool:
    """Return whether a column of text has an empty cell."""
    return bool(pc.any(pc.match_substring_regex(column, "^$")).as_py())
