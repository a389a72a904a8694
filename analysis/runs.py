"""A run folder, read lazily: nothing is loaded before it is requested.

The folder is the only interface to the simulator (DESIGN.md, section 6); tables keep their columns and units.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.folder import RunError, read_json, read_status, read_text, require_unchanged
from analysis.manifests import read_manifest, read_scenario
from analysis.tables import COLUMNS, read_table, row_count

PHASES = ("undetected", "labels", "uplink", "cloud_queue", "service", "downlink", "lost", "residual", "straddling")
#: Of fewer exchanges than these the whole table is read once, and kept.
_KEPT_ROWS = 200_000
REGRETS = tuple(f"regret_{phase}" for phase in PHASES)


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
        """Return whether anything was predicted; a timing-only run has exchanges and queues but no accuracy."""
        return not self.manifest.get("timing_only", False) and int(self.windows["samples"].sum()) > 0

    def has(self, reference: str) -> bool:
        """Return whether a reference (`static`; `oracle`, of any kind; ...) was judged on the same samples."""
        known = self.manifest.get("references", [])
        return self.judged and any(one == reference or one.startswith(f"{reference}_") for one in known)

    @cached_property
    def windows(self) -> pd.DataFrame:
        """Return counts per tick and cohort, in time order."""
        return self._table("windows").sort_values(["t_s", "cohort"], kind="stable", ignore_index=True)

    @cached_property
    def exchanges(self) -> pd.DataFrame:
        """Return one row a request with all its time stamps [s], NaN for what never happened."""
        return self._table("exchanges")

    def exchange_columns(self, *names: str) -> pd.DataFrame:
        """Return some columns of :attr:`exchanges`: of many only these are read, and nothing is kept."""
        if self._keeps_exchanges:
            return self.exchanges[list(names)]
        return read_table(self.folder, "exchanges", self.status, names)

    def exchanges_of(self, device: int) -> pd.DataFrame:
        """Return the rows of :attr:`exchanges` of one device: of many no others are kept."""
        if self._keeps_exchanges:
            return self.exchanges[self.exchanges["device"] == device]
        return read_table(self.folder, "exchanges", self.status, device=device)

    @property
    def _keeps_exchanges(self) -> bool:
        return "exchanges" in self.__dict__ or row_count(self.folder, "exchanges") <= _KEPT_ROWS

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

    @cached_property
    def rates(self) -> pd.DataFrame:
        """Return the mean rate of instance 0 of each line in bins of time; no row where all rates are constant."""
        return self._table("rates") if self.has_table("rates") else pd.DataFrame(columns=list(COLUMNS["rates"]))

    @cached_property
    def ages(self) -> pd.DataFrame:
        """Return samples and regret by age of the deployed model, a row a cohort and bin of age."""
        return self._table("ages")

    @cached_property
    def concepts(self) -> pd.DataFrame:
        """Return which concept each device followed, and when: a row a concept of a device."""
        return self._table("concepts")

    def has_table(self, name: str) -> bool:
        """Return whether a table was written that not all runs have."""
        return (self.folder / f"{name}.parquet").is_file()

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """Return the scenario in its long form, quantities as text with their units."""
        return read_scenario(self.folder / "resolved.yaml")

    def text(self, name: str) -> str:
        """Return a text file of the folder, empty where it was not written."""
        path = self.folder / name
        try:
            return read_text(path) if path.is_file() else ""
        except (OSError, ValueError):
            return ""

    def _table(self, name: str) -> pd.DataFrame:
        return read_table(self.folder, name, self.status)


def open_run(folder: Path | str, check: bool = True) -> Run:
    """Open a run folder.

    A partial or still running folder opens too, as far as its tables go. Raises RunError, in one line, where
    there is no run, where it failed, or where a file is damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder")
    if not (folder / "manifest.json").is_file():
        if check:
            # What a finished run or sweep lacks is named by its sums.
            require_unchanged(folder)
        if os.path.lexists(folder / "sweep.json"):
            raise RunError(f"{folder / 'sweep.json'}: is no plain file")
        raise RunError(f"{folder}: no run here (manifest.json is missing{_state(folder)})")
    status = read_status(folder)
    if status == "failed":
        raise RunError(f"{folder}: the run failed, there is nothing to show; see run.log there")
    if check:
        require_unchanged(folder)
    manifest = read_manifest(folder / "manifest.json")
    summary = folder / "summary.json"
    return Run(folder, manifest, read_json(summary) if summary.is_file() else {}, status)


def _state(folder: Path) -> str:
    status = read_status(folder)
    return "" if status == "unknown" else f", STATUS says {status}"
