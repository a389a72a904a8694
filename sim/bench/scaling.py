"""What a run costs when there is twice as much of something: the ratio, and the slope that extrapolations use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from sim.bench.plan import QUEUES, SHARES, Plan
from sim.bench.result import Finding, Row, at_most
from sim.bench.subprocesses import Measure, Reading, in_turns, shown

_MOST = at_most(2.1)
_ROWS = {
    "devices": Row("time when devices double", "", _MOST, "twice the fleet, and so twice the samples and exchanges"),
    "samples": Row("time when samples double", "", _MOST, "a sample every 0.5 s instead of every second"),
    "asks": Row("time when exchanges double", "", _MOST, "an ask every 30 s instead of every minute"),
    "time": Row("time when the duration doubles", "", _MOST, "six virtual minutes instead of three"),
    "messages": Row("time when devices double, messages alone", "", _MOST, "private links, no model, twice the fleet"),
    "queues": Row("time when devices double, shared queues", "", _MOST, "the same with lossy cells behind a backhaul"),
    "cells": Row("time when devices double, ps cells", "", _MOST, "cells and a backhaul that share (ps, max-min)"),
}
#: What is compared to another base, and what it has more of.
_BASES = {"messages": "few messages", "queues": "few queues", "cells": "few cells"}
_MORE = {"samples": "samples", **dict.fromkeys(("asks", "messages", "queues", "cells"), "exchanges")}
_SLOPES = {
    "samples": Row("one sample more", "us", None, "processor time, from the two runs whose samples differ"),
    "asks": Row("one exchange more, with a model", "us", None, "likewise; payload, adapting and installing included"),
    "messages": Row("one exchange more, private links", "us", None, "likewise, messages alone"),
    "queues": Row("one exchange more, shared queues", "us", None, "likewise, lossy cells behind a backhaul"),
    "cells": Row("one exchange more, ps cells", "us", None, "likewise, cells and a backhaul that share"),
}
_BYTES = Row(
    "memory of one exchange", "bytes", None, "what the larger fleet of messages alone holds more, tables included"
)


def scaling(plan: Plan) -> Iterator[Finding]:
    """Yield by how much the processor time of a run grows, then what one more of something costs."""
    rows = _ROWS if plan.thorough else {name: _ROWS[name] for name in ("devices", "messages")}
    of = {name: _BASES.get(name, "base") for name in rows}
    measures = {name: measure for name, measure in _measures(plan).items() if name in {*of, *of.values()}}
    readings = in_turns(measures, plan.few)
    for name, row in rows.items():
        yield _ratio(row, readings[of[name]], readings[name])
    for name, row in _SLOPES.items():
        if name in rows:
            yield _slope(row, readings[of[name]], readings[name], "cpu_s", _MORE[name], 1e6)
    yield _slope(_BYTES, readings["few messages"], readings["messages"], "resident_bytes", "exchanges")


def _ratio(row: Row, base: Sequence[Reading], double: Sequence[Reading]) -> Finding:
    pairs = list(zip(double, base, strict=True))
    wall = row.found([more.wall_s / less.wall_s for more, less in pairs], "").value
    times = row.found([more.cpu_s for more in double], "").value
    detail = f"{shown(times)} s of processor time; by wall time {wall:.3g}"
    return row.found([more.cpu_s / less.cpu_s for more, less in pairs], detail)


def _slope(
    row: Row, base: Sequence[Reading], double: Sequence[Reading], cost: str, amount: str, scale: float = 1.0
) -> Finding:
    pairs = [(more.output, less.output) for more, less in zip(double, base, strict=True)]
    values = [scale * (more[cost] - less[cost]) / (more[amount] - less[amount]) for more, less in pairs]
    return row.found(values, f"{shown(double[0].output[amount])} {amount} against {shown(base[0].output[amount])}")


def _measures(plan: Plan) -> dict[str, Measure]:
    few = f"fleet.0.devices={plan.asking // 2}"
    return {
        "base": partial(plan.throughput, plan.half),
        "devices": partial(plan.throughput, 2 * plan.half),
        "samples": partial(plan.throughput, plan.half, "fleet.0.samples.every=500 ms"),
        "asks": partial(plan.throughput, plan.half, "method.trigger.every=30 s"),
        "time": partial(plan.throughput, plan.half, "duration=6 min"),
        "few messages": partial(plan.exchanges, "compiled", few),
        "messages": partial(plan.exchanges, "compiled"),
        "few queues": partial(plan.exchanges, "compiled", few, QUEUES),
        "queues": partial(plan.exchanges, "compiled", QUEUES),
        "few cells": partial(plan.exchanges, "compiled", few, SHARES),
        "cells": partial(plan.exchanges, "compiled", SHARES),
    }
