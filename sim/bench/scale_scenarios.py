"""The scenarios of ``scenarios/scale``, each played once from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.bench.plan import Plan, scenario_file
from sim.bench.result import Finding, Goal, Row, at_most
from sim.bench.subprocesses import Reading, shown, timed_run
from sim.run.backend import choose_backend
from sim.scenario import load

_GB = 1e9


@dataclass(frozen=True)
class _Case:
    name: str
    what: str
    wall: Goal | None
    memory: Goal | None


_CASES = (
    _Case("fleet_5000", "5,000 devices for an hour", at_most(120.0), None),
    _Case("fleet_100k", "100,000 devices for 10 minutes", None, at_most(8.0)),
    _Case("fleet_1m", "a million devices, messages alone", None, at_most(4.0)),
)


def scale(plan: Plan) -> Iterator[Finding]:
    """Yield wall time and peak memory of each."""
    for case in _CASES:
        file = scenario_file(case.name)
        workers = choose_backend(load(file)).workers
        yield from _result(case, timed_run(file, workers=workers))


def _result(case: _Case, reading: Reading) -> Iterator[Finding]:
    workers = reading.output["workers"]
    where = f"{workers} workers" if workers else "one process"
    wall = Row(f"{case.what}: time", "s", case.wall, f"scenarios/scale/{case.name}.yaml, training apart")
    done = f"{shown(reading.output['samples'])} samples, {shown(reading.output['exchanges'])} exchanges, {where}"
    yield wall.found([reading.wall_s], done)
    memory = Row(f"{case.what}: memory", "GB", case.memory, "peak of the driver; each worker needs its own")
    yield memory.found([reading.output["peak_bytes"] / _GB], where)
