"""How many exchanges a second the timing plane simulates, against bare SimPy timeouts."""

from __future__ import annotations

from collections.abc import Iterator

from sim.bench.plan import QUEUES, SHARES, Plan
from sim.bench.result import Finding, Row, at_least
from sim.bench.subprocesses import in_turns, run_fresh
from sim.bench.throughput import ratio

_ROUNDS = 10
_VECTORISED = Row(
    "exchanges / SimPy timeouts, private links",
    "",
    at_least(0.2),
    "exchanges per processor second over private constant links and one queue, tables included, over timeouts per "
    "second of as many SimPy processes as there are devices; an exchange takes about ten of them when written naively",
)
_QUEUES = Row(
    "exchanges / SimPy timeouts, shared queues",
    "",
    at_least(0.2),
    "the same with lossy cells of 50 devices, first in, first out, behind one backhaul: exchanges share four queues "
    "and the cloud's",
)
_PROCESSES = Row(
    "exchanges / SimPy timeouts, any network",
    "",
    at_least(0.2),
    "the same cells, but each serves its messages all at once (ps): one process an exchange, as in every network "
    "where later arrivals change when a message ends",
)


def exchanges(plan: Plan) -> Iterator[Finding]:
    """Yield the ratios of exchanges to timeouts, by processor time."""
    readings = in_turns(
        {
            "express": plan.exchanges,
            "queues": lambda: plan.exchanges(QUEUES),
            "stories": lambda: plan.exchanges(SHARES),
            "timeouts": lambda: run_fresh("sim.bench.probe", "timeouts", plan.asking, _ROUNDS),
        },
        plan.repeats,
    )
    for row, name in ((_VECTORISED, "express"), (_QUEUES, "queues"), (_PROCESSES, "stories")):
        yield ratio(row, readings[name], readings["timeouts"], "a second")
