"""Columns of tables as Arrow has them. They are made of their buffers: ``pyarrow.array`` would import pandas first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def arrow_table(columns: Mapping[str, np.ndarray], names: Mapping[str, Sequence[str]] | None = None) -> Any:
    """Return a table; columns in ``names`` are numbers of names, int8 or wider."""
    return pa.table({name: _column(values, (names or {}).get(name)) for name, values in columns.items()})


def _column(values: np.ndarray, names: Sequence[str] | None) -> Any:
    return _array(values) if names is None else pa.DictionaryArray.from_arrays(_array(values), _strings(names))


def _array(values: np.ndarray) -> Any:
    if values.dtype == object:
        cells = values.tolist()
        return _strings(cells) if set(map(type, cells)) == {str} else pa.array(cells)
    if values.dtype.kind not in "biuf":
        return pa.array(values)
    buffer = np.packbits(values, bitorder="little") if values.dtype == bool else np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(buffer)])


def _strings(texts: Sequence[str]) -> Any:
    # Names of cohorts stand there once a device: each is encoded once.
    known = {text: text.encode() for text in set(texts)}
    encoded = [known[text] for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64).astype(np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
