"""Data frames of Python as data of a scenario: written once, by content, and read like any other file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from agents.cache_folder import cache_folder


def as_data(frame: Any, folder: str | Path | None = None, **options: Any) -> dict[str, Any]:
    """Return ``{kind: frame, path: ...}`` of a frame of pandas, polars or Arrow; ``options`` are those of the task.

    The file's name is its content's hash, so that the same frame is the same data in every run; by default it is kept
    in ``frames`` of the cache folder.

    Raises:
        ValueError: no frame, one without rows, or a column that Arrow cannot hold.
    """
    table = _table(frame)
    if not table.num_rows or not table.num_columns:
        raise ValueError("the frame holds no row of data")
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    content = sink.getvalue()
    into = Path(folder) if folder is not None else cache_folder() / "frames"
    path = into / f"{hashlib.sha256(content).hexdigest()[:20]}.arrow"
    if not path.exists():
        into.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)
    return {"kind": "frame", "path": str(path.resolve()), **options}


def _table(frame: Any) -> pa.Table:
    try:
        if isinstance(frame, pa.Table):
            table = frame
        elif hasattr(frame, "to_records"):
            # Row numbers of pandas are no data; the names of its columns are text here.
            named = frame.rename(columns=str)
            table = pa.Table.from_pandas(named, preserve_index=False)
        elif hasattr(frame, "__arrow_c_stream__"):
            table = pa.table(frame)
        else:
            raise ValueError(f"a {type(frame).__name__} is no data frame; pandas, polars and Arrow have some")
    except pa.ArrowException as error:
        raise ValueError(f"the frame has a column that Arrow cannot hold: {str(error).splitlines()[0]}") from None
    return table.replace_schema_metadata(None)
