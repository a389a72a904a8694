"""What a run costs when there is twice as much of something."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sim.bench.finding import Finding, Row, at_most
from sim.bench.fresh import Measure, in_turns, shown
from sim.bench.plan import Plan

_MOST = at_most(2.1)
_ROWS = {
    "devices": Row("time when devices double", "", _MOST, "twice the fleet, and so twice the samples and exchanges"),
    "samples": Row("time when samples double", "", _MOST, "a sample every 0.5 s instead of every second"),
    "asks": Row("time when exchanges double", "", _MOST, "an ask every 30 s instead of every minute"),
    "time": Row("time when the duration doubles", "", _MOST, "six virtual minutes instead of three"),
    "messages": Row("time when devices double, messages alone", "", _MOST, "private links, no model, twice the fleet"),
    "stories": Row("time when devices double, any network", "", _MOST, "the same, told exchange by exchange"),
}


def doubling(plan: Plan) -> Iterator[Finding]:
    """Yield by how much the processor time of a run grows."""
    measures, base_of = _measures(plan), {"messages": "few messages", "stories": "few stories"}
    readings = in_turns(measures, max(1, plan.repeats // 2 + 1))
    for name, row in _ROWS.items():
        base, double = readings[base_of.get(name, "base")], readings[name]
        pairs = list(zip(double, base, strict=True))
        wall = row.found([more.wall_s / less.wall_s for more, less in pairs], "").value
        times = row.found([more.cpu_s for more in double], "").value
        detail = f"{shown(times)} s of processor time; by wall time {wall:.3g}"
        yield row.found([more.cpu_s / less.cpu_s for more, less in pairs], detail)


def _measures(plan: Plan) -> dict[str, Measure]:
    few = f"fleet.0.devices={plan.asking // 2}"
    queue = "method.in_flight=queue"
    return {
        "base": partial(plan.throughput, plan.half),
        "devices": partial(plan.throughput, 2 * plan.half),
        "samples": partial(plan.throughput, plan.half, "fleet.0.samples.every=500 ms"),
        "asks": partial(plan.throughput, plan.half, "method.trigger.every=30 s"),
        "time": partial(plan.throughput, plan.half, "duration=6 min"),
        "few messages": partial(plan.exchanges, few),
        "messages": plan.exchanges,
        "few stories": partial(plan.exchanges, few, queue),
        "stories": partial(plan.exchanges, queue),
    }
