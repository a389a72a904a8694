"""Runs a case end to end: written as a scenario file, loaded, played into a run folder, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow.parquet as pq

from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """The tables of a finished run and its summary."""

    exchanges: Table
    links: Table
    cloud: Table
    devices: Table
    summary: dict[str, Any]

    def took_s(self, begun: str, ended: str) -> np.ndarray:
        """Return the time between two stages of each exchange [s], NaN where a stage never came."""
        return np.asarray(self.exchanges[ended] - self.exchanges[begun])


def scenario_of(
    link: Mapping[str, Any], trigger: Mapping[str, Any], payload: Any = "0 B", **sections: Any
) -> dict[str, Any]:
    """Return a scenario in which one device sends ``payload`` over ``link`` when ``trigger`` says so.

    Nothing comes down, the cloud serves at once, and the run is one tick of an hour; ``sections`` replace whole
    sections of the scenario, but for three words: ``devices``, ``update`` and ``in_flight``.
    """
    update, in_flight = sections.pop("update", "0 B"), sections.pop("in_flight", "drop")
    devices, duration = sections.pop("devices", 1), sections.get("duration", "1 h")
    return {
        "version": 1,
        "duration": duration,
        "tick": duration,
        "task": "none",
        "fleet": [{"cohort": "phones", "devices": devices, "link": "line"}],
        "links": {"line": {"down": "1 Gbit/s", **link}},
        "method": {
            "adapter": {"kind": "probe", "payload": payload, "update": update},
            "trigger": dict(trigger),
            "in_flight": in_flight,
        },
    } | sections


def asks(*times: str) -> dict[str, Any]:
    """Return the trigger by which device n asks once, at the n-th of ``times``."""
    return {"kind": "at", "asks": [{"times": [at], "devices": [n]} for n, at in enumerate(times)]}


def poisson(rate: str) -> dict[str, Any]:
    """Return the trigger by which each device asks at random."""
    return {"kind": "poisson", "rate": rate}


def run_case(
    scenario: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
    engine: str = "auto",
) -> Run:
    """Run a scenario from its file on, beside ``files`` that it names, and read the run folder back.

    Of the exchanges only ``columns`` are read, all by default; ``engine`` plays them.

    The seed is a hash of the scenario: no two cases share their draws, and no seed was picked by hand.

    Raises:
        ScenarioErrors: the grammar refuses the scenario.
    """
    with TemporaryDirectory(prefix="driftbed-verify-") as name:
        folder = Path(name)
        for name, text in (files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        file = folder / "case.yaml"
        # JSON is YAML: written so, every value passes the reader that users' files pass.
        text = json.dumps(scenario)
        file.write_text(json.dumps({**scenario, "seed": crc32(text.encode())}), encoding="utf-8")
        run = RunFolder.open(folder / "run")
        played = run_scenario(
            load(file), run, RunOptions(quiet=True, check=True, engine=engine), lambda windows, marks: {}
        )
        return _read(run.path, played.summary, columns)


def _read(folder: Path, summary: dict[str, Any], columns: Sequence[str] | None) -> Run:
    tables = {name: _table(folder / f"{name}.parquet") for name in ("links", "cloud", "devices")}
    return Run(**tables, exchanges=_table(folder / "exchanges.parquet", columns), summary=summary)


def _table(path: Path, columns: Sequence[str] | None = None) -> Table:
    table = pq.read_table(path, columns=None if columns is None else list(columns))
    return {name: table[name].to_numpy() for name in table.column_names}


def per_device(run: Run, values: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Return the mean of ``values`` over the rows to ``keep`` of each device: one replication a device."""
    device = run.exchanges["device"][keep]
    return np.asarray(np.bincount(device, weights=values[keep]) / np.bincount(device))


def settled(run: Run, horizon_s: float) -> np.ndarray:
    """Return which requests were sent after the initial transient, and early enough to end within it."""
    sent_s = run.exchanges["sent_s"]
    return np.asarray((sent_s > 0.05 * horizon_s) & (sent_s < 0.95 * horizon_s))
