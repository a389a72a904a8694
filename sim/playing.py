"""Play one scenario into a run folder."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import WorkersLostError
from sim.assembly import Live, assemble
from sim.backend import choose_backend
from sim.digest import digest
from sim.progress import Progress
from sim.rates_table import rates_table
from sim.run_folder import COMPLETE, FAILED, PARTIAL, RunFolder
from sim.scenario import Scenario, dump_resolved
from sim.simulation import Tick
from sim.summary import summarise
from sim.tables import Table, cloud_table, devices_table, exchanges_table, links_table, windows_table

#: Told the windows and the drift marks of a run; returns what its summary says about recovery.
JudgeRecovery = Callable[[Mapping[str, np.ndarray], list[dict[str, Any]]], Mapping[str, Any]]

_FLUSH_EVERY_S = 15.0
_PACKAGES = ("simpy", "torch", "numpy", "pyarrow", "scikit-learn", "ray")


@dataclass(frozen=True)
class HowToPlay:
    """What may differ between two runs of one scenario without changing their digest."""

    eager: bool = False
    quiet: bool = False
    plugins: bool = False
    workers: int | None = None


@dataclass(frozen=True)
class Played:
    """A finished run."""

    folder: Path
    summary: dict[str, Any]


def play(scenario: Scenario, folder: RunFolder, how: HowToPlay, judge_recovery: JudgeRecovery) -> Played:
    """Play ``scenario`` and write its folder; whatever happens, the folder says how far it got."""
    folder.write_text("resolved.yaml", dump_resolved(scenario))
    progress = Progress(scenario.name, scenario.duration, quiet=how.quiet)
    began = time.monotonic()
    with _marked(folder), _alive(scenario, how, progress) as live:
        if live.scenario is not scenario:
            scenario = live.scenario
            folder.write_text("resolved.yaml", dump_resolved(scenario))
        recorder = _Recorder(scenario, live, folder, progress)
        progress.start()
        live.simulation.on_tick = recorder.on_tick
        live.simulation.run()
        tables = recorder.tables()
        progress.close()
        for name, table in (tables | rates_table(live.lines, scenario.duration)).items():
            folder.write_table(name, table)
        summary = summarise(tables, digest(tables), scenario.references)
        summary |= judge_recovery(tables["windows"], live.drift_marks)
        player = live.simulation.player
        summary |= {"asks_dropped": player.asks_dropped, "asks_away": player.asks_away}
        folder.write_json("summary.json", summary)
        folder.write_json("manifest.json", _manifest(scenario, live, time.monotonic() - began))
        folder.log(f"complete: {summary['samples']} samples, {summary['exchanges']} exchanges")
    return Played(folder.path, summary)


@contextmanager
def _alive(scenario: Scenario, how: HowToPlay, progress: Progress) -> Iterator[Live]:
    """Bring a scenario to life; its workers end with the block, however that ends."""
    backend = choose_backend(scenario, how.workers)
    if backend.told and not how.quiet:
        print(backend.told, file=sys.stderr)
    live = assemble(scenario, eager=how.eager, workers=backend.workers, report=progress.preparing)
    try:
        yield live
    finally:
        if live.simulation.plane is not None:
            live.simulation.plane.close()


class _Recorder:
    """Collects what ticks bring, and keeps the folder readable while the run goes on."""

    def __init__(self, scenario: Scenario, live: Live, folder: RunFolder, progress: Progress) -> None:
        self._scenario, self._live, self._folder, self._progress = scenario, live, folder, progress
        self._tallies: list[np.ndarray] = []
        self._samples = self._correct = 0
        # The first tick is written at once: a run that is killed early can still be read.
        self._flushed = -inf
        ticks = live.simulation.ticks
        self._edges_s = np.minimum(np.arange(1, ticks + 1) * scenario.tick, scenario.duration)

    def on_tick(self, tick: Tick) -> None:
        if tick.tallies is not None:
            self._tallies.append(tick.tallies.cohorts)
            self._samples += int(tick.tallies.cohorts[:, 0].sum())
            self._correct += int(tick.tallies.cohorts[:, 2].sum())
        self._progress.at(tick.until_s, self._samples, self._correct, tick.exchanges)
        if time.monotonic() - self._flushed > _FLUSH_EVERY_S:
            self._folder.write_table("windows", self._windows(self._exchanges(tick.until_s)))
            self._folder.log(f"at {tick.until_s:g} s of {self._scenario.duration:g} s")
            self._flushed = time.monotonic()

    def tables(self) -> dict[str, Table]:
        """Return all tables of the finished run."""
        live, horizon_s = self._live, self._scenario.duration
        exchanges = self._exchanges(horizon_s)
        counts = None if live.simulation.plane is None else live.simulation.plane.totals().counts
        return {
            "windows": self._windows(exchanges),
            "exchanges": exchanges,
            "devices": devices_table(live.cohort_of, counts, exchanges, horizon_s),
            "links": links_table(live.lines, self._edges_s),
            "cloud": cloud_table(live.cloud_log, self._scenario.cloud.workers, self._edges_s),
        }

    def _exchanges(self, horizon_s: float) -> Table:
        return exchanges_table(self._live.simulation.player.columns(), self._live.cohort_of, horizon_s)

    def _windows(self, exchanges: Table) -> Table:
        cohorts = [cohort.cohort for cohort in self._scenario.fleet]
        return windows_table(self._edges_s, cohorts, self._tallies, exchanges)


@contextmanager
def _marked(folder: RunFolder) -> Iterator[None]:
    """Write into STATUS how the run ended."""
    try:
        yield
    except (KeyboardInterrupt, WorkersLostError) as error:
        folder.set_status(PARTIAL)
        folder.log(str(error) or "interrupted")
        raise
    except BaseException as error:
        folder.set_status(FAILED)
        folder.log(f"failed: {type(error).__name__}: {error}")
        raise
    folder.set_status(COMPLETE)


def _manifest(scenario: Scenario, live: Live, wall_s: float) -> dict[str, Any]:
    method, plane = scenario.method, live.simulation.plane
    workers = 0 if plane is None else plane.workers
    return {
        "name": scenario.name,
        "scenario": scenario.fingerprint(),
        "seed": scenario.seed,
        "tick_s": scenario.tick,
        "duration_s": scenario.duration,
        "devices": len(live.cohort_of),
        "cohorts": [{"name": c.cohort, "devices": c.devices, "link": c.link} for c in scenario.fleet],
        "method": {
            "adapter": method.adapter.kind,
            "codec": method.codec.kind,
            "trigger": method.trigger.kind,
        },
        "references": list(scenario.references),
        "drift": live.drift_marks,
        "timing_only": scenario.task is None,
        "service_s": getattr(scenario.cloud.service, "mean", None),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
        "git": _revision(),
        "wall_s": wall_s,
        "backend": "ray" if workers else "inline",
        "workers": workers,
        "command": sys.argv[1:],
    }


def _revision() -> str | None:
    root = Path(__file__).resolve().parent.parent
    try:
        told = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout.strip() or None
