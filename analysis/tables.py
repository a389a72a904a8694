"""The tables of a run folder, checked against the contract as they are read (DESIGN.md, section 6)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.folder import RunError

TEXTS = ("cohort", "link", "direction", "outcome", "label", "kind")
#: Further columns of text, of which a run may have none.
_FREE = ("name", "concept_name", "point")
COLUMNS: dict[str, tuple[str, ...]] = {
    "windows": ("t_s", "cohort", "samples", "correct", "correct_static", "correct_oracle", "requests"),
    "exchanges": (
        "device",
        "cohort",
        "requested_s",
        "sent_s",
        "reached_s",
        "started_s",
        "served_s",
        "returned_s",
        "installed_s",
        "up_bytes",
        "down_bytes",
        "outcome",
    ),
    "devices": ("device", "cohort", "samples", "correct", "correct_static", "correct_oracle"),
    "links": (
        "t_s",
        "link",
        "direction",
        "instances",
        "offered_bytes",
        "delivered_bytes",
        "dropped_bytes",
        "retransmitted_bytes",
        "busy_s",
        "queue",
        "waiting_s",
        "started",
    ),
    "ages": ("cohort", "age_from_s", "samples", "regret"),
    "rates": ("t_s", "link", "direction", "bps"),
    "cloud": ("t_s", "arrived", "served", "rejected", "queue", "busy_s", "workers", "waiting_s", "started"),
}


def read_table(folder: Path, name: str, status: str) -> pd.DataFrame:
    """Read `<name>.parquet` and check that the columns of the contract are there."""
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise RunError(f"{path}: missing (STATUS says {status})")
    try:
        table = pq.read_table(path, page_checksum_verification=True).to_pandas()
    except (OSError, ValueError, OverflowError, pa.ArrowException) as error:
        raise RunError(f"{path}: no readable Parquet file ({error.__class__.__name__})") from error
    lacking = [column for column in COLUMNS.get(name, ()) if column not in table.columns]
    if lacking:
        raise RunError(f"{path}: column {', '.join(lacking)} missing")
    table = _numbers(table, path)
    _require_times(table, path)
    return table


def _numbers(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give number columns a number type: without rows or values they have none of their own.

    RunError where a column of numbers holds something else, or one of text holds no text.
    """
    kept = [name for name in table.columns if name in TEXTS or name in _FREE]
    for name in kept:
        if (wrong := next((one for one in table[name].unique() if not _is_text(one)), None)) is not None:
            raise RunError(f"{path}: column {name} holds {wrong!r:.60}, which is no printable text")
    untyped = [name for name in table.columns.difference(kept) if not pd.api.types.is_numeric_dtype(table[name])]
    kinds = {name: "float64" if str(name).endswith(("_s", "bps")) else "int64" for name in untyped}
    for name, kind in kinds.items():
        try:
            table[name] = table[name].astype(kind)
        except (TypeError, ValueError, OverflowError) as error:
            raise RunError(f"{path}: column {name} holds no numbers") from error
    return table


def _is_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.isprintable())


def _require_times(table: pd.DataFrame, path: Path) -> None:
    """Check that the times of rows are finite."""
    for name in {"t_s", "requested_s"} & set(table.columns):
        if not np.isfinite(table[name].to_numpy(float)).all():
            raise RunError(f"{path}: column {name} holds times that are none")
