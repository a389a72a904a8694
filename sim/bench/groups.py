"""What the bench can measure, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sim.bench.client_updates import client_updates
from sim.bench.exchanges import exchanges
from sim.bench.large_fleets import fleets
from sim.bench.memory import memory
from sim.bench.plan import Plan, warm_up
from sim.bench.ray_workers import ray_workers
from sim.bench.result import Finding
from sim.bench.scale_scenarios import scale
from sim.bench.scaling import scaling
from sim.bench.startup import startup
from sim.bench.throughput import throughput

#: Name -> (what it measures, how).
GROUPS: dict[str, tuple[str, Callable[[Plan], Iterator[Finding]]]] = {
    "throughput": ("samples a second against bare torch and a naive design", throughput),
    "exchanges": ("exchanges a second against SimPy timeouts", exchanges),
    "doubling": ("time when devices, samples, exchanges or the duration double", scaling),
    "memory": ("bytes of a device", memory),
    "start": ("imports, command line, first tick", startup),
    "clients": ("federated clients that learn in a second, against a plain loop", client_updates),
    "ray": ("two workers against one", ray_workers),
    "fleets": ("a hundred thousand devices in cells, and a million for an hour: messages alone; takes minutes", fleets),
    "scale": ("the scenarios of scenarios/scale, each once; takes minutes", scale),
}
#: What only a thorough bench measures: it takes longer than a minute.
SLOW = ("ray", "fleets", "scale")
#: What plays no net: nothing needs to be trained for it.
UNTRAINED = ("exchanges", "clients", "fleets")
#: What is measured when nothing is named.
USUAL = tuple(name for name in GROUPS if name not in ("fleets", "scale"))


def chosen(names: Sequence[str], *, quick: bool) -> list[str]:
    """Return the groups to measure, in their own order: ``all``, those named, or the usual ones.

    Raises:
        ValueError: a name that is none.
    """
    if strange := [name for name in names if name not in (*GROUPS, "all")]:
        raise ValueError(f"there is no group '{strange[0]}'; choose from {', '.join(GROUPS)}, all")
    wanted = set(GROUPS if "all" in names else names or USUAL)
    return [name for name in GROUPS if name in wanted and not (quick and name in SLOW)]


def measure(names: Sequence[str], plan: Plan) -> Iterator[Finding]:
    """Measure some groups; each finding comes as soon as it is there.

    Raises:
        BenchError: a measurement failed.
    """
    if not set(names) <= set(UNTRAINED):
        warm_up()
    for name in names:
        yield from GROUPS[name][1](plan)
