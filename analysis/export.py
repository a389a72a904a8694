"""CSV beside Parquet: opens anywhere."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.energy import as_rows, energy
from analysis.folder import read_status
from analysis.runs import Run
from analysis.tables import read_table
from analysis.whole_files import whole_file


def export_run(run: Run) -> list[Path]:
    """Write `windows.csv`, and `bill.csv` (energy) where the scenario gives any power, into a run's folder."""
    written = [export_csv(run)]
    made = energy(run)
    if made.powered:
        written.append(_write(as_rows(made), run.folder / "bill.csv"))
    return written


def export_csv(source: Run | Path | str, name: str = "windows") -> Path:
    """Write `<name>.csv` beside `<name>.parquet` and return its path.

    The file appears whole or not at all. Raises RunError where there is no such table.
    """
    folder = source.folder if isinstance(source, Run) else Path(source)
    table = read_table(folder, name, read_status(folder))
    return _write(table, folder / f"{name}.csv")


def _write(table: pd.DataFrame, path: Path) -> Path:
    with whole_file(path) as draft:
        table.to_csv(draft, index=False, lineterminator="\n")
    return path
