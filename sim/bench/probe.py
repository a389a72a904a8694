"""What is measured of the timing plane and of whole runs, one measurement a process: ``python -m sim.bench.probe``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.kernel.calendar import SimpyEnvironment, SimpyEvent
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

#: Timeouts, one after another, in one SimPy process each.
_EVERY_S = 60.0


def play_file(file: str, workers: str, engine: str, *overrides: str) -> dict[str, float]:
    """Run a scenario into a folder that is thrown away; return what it did and what that took."""
    scenario = load(Path(file), list(overrides))
    with TemporaryDirectory(prefix="driftbed-bench-") as parent:
        folder = RunFolder.open(Path(parent) / "run")
        how = RunOptions(quiet=True, workers=int(workers), engine=engine)
        summary = run_scenario(scenario, folder, how, lambda windows, marks: {}).summary
        manifest = json.loads((folder.path / "manifest.json").read_text(encoding="utf-8"))
    named = ("samples", "exchanges", "accuracy", "digest")
    cost = ("prepare_wall_s", "resident_bytes", "peak_bytes", "workers", "devices")
    amount = summary["samples"] or summary["exchanges"]
    times = {"amount": amount, "wall_s": manifest["play_wall_s"], "cpu_s": manifest["play_cpu_s"]}
    return times | {name: summary[name] for name in named} | {name: manifest[name] for name in cost}


def timeouts(processes: str, rounds: str) -> dict[str, float]:
    """Let SimPy processes wait, as many at once as a fleet has devices; return how many timeouts were played."""
    clock = SimpyEnvironment()
    for number in range(int(processes)):
        clock.process(_waiting(clock, number / int(processes) * _EVERY_S))
    began, began_cpu = time.perf_counter(), time.process_time()
    clock.run(until=int(rounds) * _EVERY_S)
    amount = int(processes) * int(rounds)
    return {
        "amount": amount,
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - began_cpu,
    }


def _waiting(clock: SimpyEnvironment, first_s: float) -> Generator[SimpyEvent, None, None]:
    yield clock.timeout(first_s)
    while True:
        yield clock.timeout(_EVERY_S)


PROBES: dict[str, Callable[..., dict[str, float]]] = {"play": play_file, "timeouts": timeouts}

if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]](*sys.argv[2:])))
