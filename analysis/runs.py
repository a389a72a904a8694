"""A run folder, read lazily: nothing is loaded before somebody asks for it.

The folder is the only interface to the simulator (DESIGN.md, section 6); tables keep their columns and units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from analysis.errors import RunError

PHASES = ("undetected", "labels", "uplink", "cloud_queue", "service", "downlink", "lost", "residual")
REGRETS = tuple(f"regret_{phase}" for phase in PHASES)
TEXTS = ("cohort", "link", "direction", "outcome", "label")
STATUSES = ("complete", "running", "partial", "failed")

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
    "cloud": ("t_s", "arrived", "served", "rejected", "queue", "busy_s", "workers", "waiting_s", "started"),
}


@dataclass(frozen=True, eq=False)
class Run:
    """One played scenario with one seed."""

    folder: Path
    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    status: str

    @property
    def name(self) -> str:
        return str(self.manifest.get("name", self.folder.name))

    @property
    def seed(self) -> int:
        return int(self.manifest["seed"])

    @property
    def tick_s(self) -> float:
        return float(self.manifest["tick_s"])

    @property
    def duration_s(self) -> float:
        return float(self.manifest["duration_s"])

    @property
    def played_s(self) -> float:
        """Return how far the run came [s]; less than its duration where it was cut short."""
        return float(self.windows["t_s"].max()) if len(self.windows) else self.duration_s

    @property
    def adapter(self) -> str:
        return str(self.manifest.get("method", {}).get("adapter", ""))

    @property
    def cohorts(self) -> list[str]:
        return [str(cohort["name"]) for cohort in self.manifest.get("cohorts", [])]

    @property
    def marks(self) -> list[dict[str, Any]]:
        """Return the drift marks in time order: `at_s until_s label cohort share`."""
        return sorted(self.manifest.get("drift", []), key=lambda mark: float(mark["at_s"]))

    @property
    def judged(self) -> bool:
        """Say whether anything was predicted; a timing-only run has exchanges and queues but no accuracy."""
        return not self.manifest.get("timing_only", False) and int(self.windows["samples"].sum()) > 0

    def has(self, reference: str) -> bool:
        """Say whether a reference (`static` or `oracle`) was judged on the same samples."""
        return self.judged and reference in self.manifest.get("references", [])

    @cached_property
    def windows(self) -> pd.DataFrame:
        """Return counts per tick and cohort, in time order."""
        return self._table("windows").sort_values(["t_s", "cohort"], kind="stable", ignore_index=True)

    @cached_property
    def exchanges(self) -> pd.DataFrame:
        """Return one row a request with all its time stamps [s], NaN for what never happened."""
        return self._table("exchanges")

    @cached_property
    def devices(self) -> pd.DataFrame:
        """Return the totals of each device."""
        return self._table("devices")

    @cached_property
    def links(self) -> pd.DataFrame:
        """Return bytes so far, busy seconds and queue per tick, link and direction."""
        return self._table("links")

    @cached_property
    def cloud(self) -> pd.DataFrame:
        """Return the cloud's counts so far, busy seconds and queue per tick."""
        return self._table("cloud")

    def text(self, name: str) -> str:
        """Return a text file of the folder, empty where it was not written."""
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def _table(self, name: str) -> pd.DataFrame:
        return read_table(self.folder, name, self.status)


def open_run(folder: Path | str) -> Run:
    """Open a run folder.

    A partial or still running folder opens too, as far as its tables go. Raises RunError, in one line, where
    there is no run, where it failed, or where a file is damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder")
    if not (folder / "manifest.json").is_file():
        raise RunError(f"{folder}: no run here (manifest.json is missing{_state(folder)})")
    status = read_status(folder)
    if status == "failed":
        raise RunError(f"{folder}: the run failed, there is nothing to show; see run.log there")
    manifest = read_json(folder / "manifest.json")
    lacking = [key for key in ("seed", "tick_s", "duration_s") if key not in manifest]
    if lacking:
        raise RunError(f"{folder / 'manifest.json'}: {', '.join(lacking)} missing")
    summary = folder / "summary.json"
    return Run(folder, manifest, read_json(summary) if summary.is_file() else {}, status)


def read_status(folder: Path) -> str:
    """Return the first word of STATUS, or `unknown`."""
    path = folder / "STATUS"
    words = path.read_text(encoding="utf-8", errors="replace").split() if path.is_file() else []
    return words[0] if words and words[0] in STATUSES else "unknown"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; RunError names the file and what is wrong with it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    except json.JSONDecodeError as error:
        raise RunError(f"{path}: no valid JSON (line {error.lineno}: {error.msg})") from error
    if not isinstance(content, dict):
        raise RunError(f"{path}: holds a {type(content).__name__}, an object is wanted")
    return content


def read_table(folder: Path, name: str, status: str) -> pd.DataFrame:
    """Read `<name>.parquet` and check that the columns of the contract are there."""
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise RunError(f"{path}: missing (STATUS says {status})")
    try:
        table = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path}: no readable Parquet file ({error.__class__.__name__})") from error
    lacking = lacking_columns(table.columns, COLUMNS[name])
    if lacking:
        raise RunError(f"{path}: column {', '.join(lacking)} missing")
    return _numbers(table)


def lacking_columns(present: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return which of the wanted columns a table lacks."""
    return [column for column in wanted if column not in set(present)]


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Give number columns a number type: without rows or values they have none of their own."""
    untyped = [
        name for name in table.columns.difference(TEXTS) if not pd.api.types.is_numeric_dtype(table[name])
    ]
    kinds = {name: "float64" if str(name).endswith("_s") else "int64" for name in untyped}
    return table.astype(kinds)


def _state(folder: Path) -> str:
    status = read_status(folder)
    return "" if status == "unknown" else f", STATUS says {status}"
