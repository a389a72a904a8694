"""A table that is written group by group of its rows, and appears when it is whole."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from sim.run.arrow_columns import arrow_table


class RowGroups:
    """Writes ``target``; until it is whole, its rows are beside it."""

    def __init__(self, target: Path) -> None:
        self._target, self._beside = target, target.with_name(f".{target.name}.new")
        self._writer: Any = None

    def write(self, rows: Mapping[str, np.ndarray], names: Mapping[str, Sequence[str]]) -> None:
        """Write one group; columns in ``names`` are numbers of names."""
        group = arrow_table(rows, names)
        if self._writer is None:
            # Names are stored as plain text: the Arrow schema, left out, would make readers keep numbers.
            self._writer = pq.ParquetWriter(self._beside, group.schema, store_schema=False, **_options(rows))
        self._writer.write_table(group, row_group_size=len(group) or None)

    def finish(self) -> None:
        """Let the table appear."""
        self._writer.close()
        self._writer = None
        os.replace(self._beside, self._target)

    def discard(self) -> None:
        """Delete what is not whole."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._beside.unlink(missing_ok=True)


def _options(rows: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return how groups are written: times byte by byte, numbers that hardly repeat as differences."""
    encodings = {name: "BYTE_STREAM_SPLIT" for name, values in rows.items() if values.dtype.kind == "f"}
    encodings |= dict.fromkeys({"ticket", "device"} & set(rows), "DELTA_BINARY_PACKED")
    known = {"use_dictionary": [name for name in rows if name not in encodings], "column_encoding": encodings}
    return {"compression": "zstd", "write_page_checksum": True} | known
