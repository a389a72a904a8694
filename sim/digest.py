"""One number that two equal runs share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from sim.tables import Table


def digest(tables: Mapping[str, Table]) -> str:
    """Return the SHA-256 of tables by their canonical bytes: names in order, little-endian values."""
    sha = hashlib.sha256()
    for name, table in sorted(tables.items()):
        for column, values in sorted(table.items()):
            sha.update(f"{name}.{column}:{len(values)}\n".encode())
            sha.update(_canonical(values))
    return sha.hexdigest()


def _canonical(values: np.ndarray) -> bytes:
    if values.dtype == object:
        return "\0".join(map(str, values.tolist())).encode()
    if values.dtype.kind == "f":
        # One zero and one NaN, whatever arithmetic made them.
        values = np.where(np.isnan(values), np.nan, values + 0.0)
    return values.astype(values.dtype.newbyteorder("<")).tobytes()
