"""The tables of a run folder, checked against the contract as they are read (DESIGN.md, section 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.folder import RunError

TEXTS = ("cohort", "link", "direction", "outcome", "label", "kind")
#: Further columns of text, of which a run may have none.
_FREE = ("name", "concept_name", "point")
#: Columns in which numbers are never missing, further ones that count, and those in which a count may be negative.
_ALWAYS = ("t_s", "requested_s", "busy_s", "waiting_s", "age_from_s", "bps")
_COUNTS = re.compile(r"^(?:correct|samples|regret)_|_bytes$|_micro$|^training_steps$|^ticket$|^round$|^hit_|_bin_")
_SIGNED = re.compile(r"^round$|regret|loss_|ahead_")
#: Sums of counts stay exact below the first; no run lasts so long, and no link is so fast, as the second.
_MOST, _LATEST = 2**53, 1e300
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


def read_table(
    folder: Path, name: str, status: str, columns: Sequence[str] | None = None, device: int | None = None
) -> pd.DataFrame:
    """Read `<name>.parquet`, or some of its columns, or the rows of one device.

    It is checked that the columns of the contract are there, and that those which are read hold what they should.
    """
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise RunError(f"{path}: missing (STATUS says {status})")
    with _readable(path):
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            known = file.schema_arrow.names
            if lacking := [column for column in COLUMNS.get(name, ()) if column not in known]:
                raise RunError(f"{path}: column {', '.join(lacking)} missing")
            read = file.read(None if columns is None else list(columns)) if device is None else _of(file, device)
        # A column at a time goes over and is let go: of millions of exchanges not two copies are held.
        table = read.to_pandas(split_blocks=True, self_destruct=True)
        del read
    table = _numbers(table, path)
    _require_times(table, path)
    return table


def row_count(folder: Path, name: str) -> int:
    """Return how many rows `<name>.parquet` says that it has; 0 where it cannot be read."""
    try:
        return int(pq.read_metadata(folder / f"{name}.parquet").num_rows)
    except (OSError, ValueError, pa.ArrowException):
        return 0


def _of(file: pq.ParquetFile, device: int) -> pa.Table:
    """Return the rows of one device, a batch of rows in memory at a time."""
    parts = [batch.filter(pc.equal(batch["device"], device)) for batch in file.iter_batches()]
    return pa.Table.from_batches(parts, file.schema_arrow)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a damaged file into one line."""
    try:
        yield
    except (OSError, ValueError, OverflowError, pa.ArrowException) as error:
        raise RunError(f"{path}: no readable Parquet file ({error.__class__.__name__})") from error


def _numbers(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give number columns a number type: without rows or values they have none of their own.

    RunError where a column of numbers holds something else, or one of text holds no text.
    """
    if twice := sorted({str(name) for name in table.columns[table.columns.duplicated()]}):
        raise RunError(f"{path}: column {twice[0]!r} is there twice")
    for name in table.columns:
        if name in TEXTS or name in _FREE:
            _require_text(table[name], path)
        elif _is_measured(name) or (name not in COLUMNS.get(path.stem, ()) and not _COUNTS.search(str(name))):
            table[name] = _typed(table[name], "float64" if _is_measured(name) else "int64", path)
        else:
            table[name] = _counted(table[name], path)
    return table


def _is_measured(name: object) -> bool:
    return str(name).endswith(("_s", "bps"))


def _typed(column: pd.Series, kind: str, path: Path) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column
    try:
        return column.astype(kind)
    except (TypeError, ValueError, OverflowError) as error:
        raise RunError(f"{path}: column {column.name} holds no numbers") from error


def _counted(column: pd.Series, path: Path) -> pd.Series:
    """Return a column of whole numbers as int64; RunError where one is missing, or counts what cannot be."""
    counts = _typed(column, "int64", path)
    if counts.dtype != np.int64:
        values = counts.to_numpy(np.float64, na_value=np.nan)
        whole = np.isfinite(values) & (np.abs(values) < _MOST)
        if not whole.all() or (values != np.trunc(values)).any():
            raise RunError(f"{path}: column {column.name} holds {values[~whole][:1]} where whole numbers belong")
        counts = counts.astype(np.int64)
    if (np.abs(counts.to_numpy()) >= _MOST).any() or (not _SIGNED.match(str(column.name)) and (counts < 0).any()):
        raise RunError(f"{path}: column {column.name} holds {counts[counts.abs().idxmax()]}, which counts nothing")
    return counts


def _require_text(column: pd.Series, path: Path) -> None:
    try:
        odd = [one for one in column.unique() if not _is_text(one)]
    except TypeError:
        odd = column.tolist()
    if odd:
        raise RunError(f"{path}: column {column.name} holds {odd[0]!r:.60}, which is no printable text")


def _is_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.isprintable())


def _require_times(table: pd.DataFrame, path: Path) -> None:
    """Check that times and rates are ones: finite or, where something never happened, missing."""
    for name in filter(_is_measured, table.columns):
        values = table[name].to_numpy(float)
        wrong = ~np.isfinite(values) if name in _ALWAYS else np.isinf(values) & (name != "until_s")
        if (wrong | (np.abs(values) > _LATEST)).any():
            raise RunError(f"{path}: column {name} holds times or rates that are none")
