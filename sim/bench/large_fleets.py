"""How long large fleets take whose messages alone are simulated, and how much memory: each is played once."""

from __future__ import annotations

from collections.abc import Iterator

from sim.bench.plan import CELLS, EXCHANGES, MILLION, Plan
from sim.bench.result import Finding, Row, at_most
from sim.bench.subprocesses import shown, timed_run

_GB = 1e9
_CELLS = Row(
    "131,072 devices for 10 minutes, ps cells: processor time",
    "s",
    at_most(5.0),
    "an ask a minute, cells of 50 devices that serve all messages at once (ps); tables included, compiled before",
)
_TIME = Row(
    "a million devices for an hour, an ask a minute: processor time",
    "min",
    at_most(4.0),
    "private links and one queue of 512 workers, messages alone; 6 x 10^7 exchanges, tables included",
)
_MEMORY = Row("a million devices for an hour, an ask a minute: memory", "GB", at_most(4.0), "peak of the process")


def fleets(plan: Plan) -> Iterator[Finding]:
    """Yield processor time and peak memory."""
    # Compiled once, before anything is measured.
    plan.exchanges("compiled", "duration=10 s")
    cells = [timed_run(EXCHANGES, [CELLS], engine="compiled") for _ in range(plan.few)]
    detail = f"{shown(cells[0].amount)} exchanges; by wall time {min(one.wall_s for one in cells):.3g} s"
    yield _CELLS.found([one.cpu_s for one in cells], detail)
    million = timed_run(EXCHANGES, MILLION, engine="compiled")
    detail = f"{shown(million.amount)} exchanges; by wall time {million.wall_s / 60.0:.3g} min"
    yield _TIME.found([million.cpu_s / 60.0], detail)
    yield _MEMORY.found([million.output["peak_bytes"] / _GB], f"{million.output['devices']:,} devices")
