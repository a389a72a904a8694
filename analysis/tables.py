"""The tables of a run folder, checked against the contract as they are read (DESIGN.md, section 6)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from analysis.folder import RunError

TEXTS = ("cohort", "link", "direction", "outcome", "label", "kind")
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
        table = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path}: no readable Parquet file ({error.__class__.__name__})") from error
    lacking = [column for column in COLUMNS.get(name, ()) if column not in table.columns]
    if lacking:
        raise RunError(f"{path}: column {', '.join(lacking)} missing")
    return _numbers(table)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Give number columns a number type: without rows or values they have none of their own."""
    untyped = [name for name in table.columns.difference(TEXTS) if not pd.api.types.is_numeric_dtype(table[name])]
    kinds = {name: "float64" if str(name).endswith(("_s", "bps")) else "int64" for name in untyped}
    return table.astype(kinds)
