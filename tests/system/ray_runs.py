"""A fleet for tests on Ray, what its data plane tells, and the processes of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from run_commands import HERE

from agents.contract import RaySpec
from sim.exchanges.simulation import Tick
from sim.run.assembly import AssembledRun, assemble
from sim.scenario import load

#: Three blocks in two cohorts, and so little to do that a run is over in seconds.
FLEET = (
    "fleet=["
    "{cohort: phones, devices: 300, samples: {every: 1 s}, labels: {share: 80 %, after: 2 s}, link: lte},"
    "{cohort: watches, devices: 200, samples: {every: 2 s}, link: lte,"
    "availability: {on: 20 s, off: 5 s}, offline: {samples: stop}}]"
)
QUICK = [FLEET, "method.trigger.every=10 s", "links.lte.up=50 kbit/s", "links.lte.down=50 kbit/s"]
#: A task without images, for what does not depend on them.
DRAWN = ["task.data={kind: gaussians, history: 500}", "task.model=logistic", "drift=[]"]
#: Eight blocks, one for each of eight workers.
WIDE = [*DRAWN, "fleet=[{cohort: phones, devices: 2000, samples: {every: 2 s}, link: lte}]", "duration=30 s"]
#: More than any test of the plain suite has at a time, with a cloud half of its own.
PROCESSORS = 4
#: Tests share one session and its actors.
SHARED, WITH_CLOUD = RaySpec(stays=True), RaySpec(stays=True, cloud=True)


@dataclass(frozen=True)
class Reported:
    """What a data plane told: all tallies and totals."""

    tallies: np.ndarray
    totals: np.ndarray

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Reported)
        return np.array_equal(self.tallies, other.tallies) and np.array_equal(self.totals, other.totals)


def alive(workers: int, *overrides: str, ray: RaySpec = SHARED) -> AssembledRun:
    """Bring the fleet to life on some workers."""
    return assemble(load(HERE / "digits.yaml", [*QUICK, *overrides]), workers=workers, ray=ray)


def reported(
    workers: int,
    *overrides: str,
    ray: RaySpec = SHARED,
    on_tick: Callable[[int, Any], None] = lambda number, worker_group: None,
) -> Reported:
    """Play without a folder; ``on_tick`` is told the number of each tick that workers were sent, and their crew."""
    live = alive(workers, *overrides, ray=ray)
    plane: Any = live.simulation.plane
    tallies: list[np.ndarray] = []
    numbers, begin = count(1), plane.begin

    def begun(*orders: Any) -> Any:
        coming = begin(*orders)
        on_tick(next(numbers), getattr(plane._pool, "_worker_group", None))
        return coming

    def note(tick: Tick) -> None:
        assert tick.tallies is not None
        tallies.append(tick.tallies.cohorts)

    plane.begin, live.simulation.on_tick = begun, note
    try:
        live.simulation.run()
        return Reported(np.stack(tallies), plane.totals().counts)
    finally:
        plane.close()


def descendants(pid: int) -> set[int]:
    """Return the processes below one."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = {int(child) for task in tasks for child in (task / "children").read_text().split()}
    except OSError:
        return set()
    return children.union(*map(descendants, children))


def command_line(pid: int) -> str:
    """Return the command line of a process; empty if it is gone or only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
