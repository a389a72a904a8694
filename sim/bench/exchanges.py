"""How many exchanges a second the timing plane simulates, against bare SimPy timeouts."""

from __future__ import annotations

from collections.abc import Iterator

from sim.bench.plan import QUEUES, SHARES, Plan
from sim.bench.result import Finding, Row, at_least
from sim.bench.subprocesses import in_turns, run_fresh
from sim.bench.throughput import ratio

_ROUNDS = 10
#: Virtual time that the plain processes play.
_PLAIN_S = 180.0
_PRIVATE = Row(
    "exchanges / SimPy timeouts, private links",
    "",
    at_least(1.0),
    "exchanges per processor second over private constant links and one queue, tables included, over timeouts per "
    "second of as many SimPy processes as there are devices; an exchange takes about ten of them when written naively",
)
_QUEUES = Row(
    "exchanges / SimPy timeouts, shared fifo queues with loss",
    "",
    at_least(0.7),
    "the same with lossy cells of 50 devices, first in, first out, behind one backhaul: exchanges share four queues "
    "and the cloud's",
)
_SHARES = Row(
    "exchanges / SimPy timeouts, ps cells behind a backhaul",
    "",
    at_least(0.3),
    "the same cells, but each serves its messages all at once (ps), and so does the backhaul: rates are max-min fair",
)
_PLAIN = Row(
    "exchanges / plain SimPy processes, shared fifo queues with loss",
    "",
    at_least(30.0),
    "the cells that wait in queues over the same network written as plain SimPy processes with resources "
    "(sim/bench/plain_network.py), which keep no tables",
)
_ENGINES = Row(
    "compiled engine / SimPy engine, ps cells behind a backhaul",
    "",
    None,
    "exchanges per processor second of the two engines, to the same digest",
)


def exchanges(plan: Plan) -> Iterator[Finding]:
    """Yield the ratios of exchanges to timeouts, by processor time."""
    # Compiled once, before anything is measured.
    plan.exchanges("compiled", "duration=10 s")
    readings = in_turns(
        {
            "private": lambda: plan.exchanges("compiled"),
            "queues": lambda: plan.exchanges("compiled", QUEUES),
            "shares": lambda: plan.exchanges("compiled", SHARES),
            "simpy": lambda: plan.exchanges("simpy", SHARES, "duration=1 min"),
            "plain": lambda: run_fresh("sim.bench.plain_network", plan.asking // 4, _PLAIN_S),
            "timeouts": lambda: run_fresh("sim.bench.probe", "timeouts", plan.asking, _ROUNDS),
        },
        plan.repeats,
    )
    for row, name in ((_PRIVATE, "private"), (_QUEUES, "queues"), (_SHARES, "shares")):
        yield ratio(row, readings[name], readings["timeouts"], "a second")
    yield ratio(_PLAIN, readings["queues"], readings["plain"], "a second")
    yield ratio(_ENGINES, readings["shares"], readings["simpy"], "a second")
