"""What a second Ray worker is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median

from sim.bench.plan import Plan
from sim.bench.result import Finding, Row, at_least
from sim.bench.subprocesses import Reading, in_turns, shown

#: A run of this length shows how long a minute takes.
_TRIAL_S = 120
#: A run this much shorter shows what starting Ray costs.
_SHORTER = 4
#: An exchange every 600 samples, and every 60.
_DENSE, _SPARSE = "fleet.0.samples.every=100 ms", "fleet.0.samples.every=1 s"
_WORKERS = Row(
    "two Ray workers / one",
    "",
    at_least(1.7),
    "wall time of one worker over that of two, the driver beside them, from the end of training to the last table; "
    "starting Ray is part of it; ten samples a second, an exchange a minute",
)
_APART = Row("two Ray workers / one, start apart", "", None, "what a run that is longer takes longer: no start in it")
_PROCESS = Row("two Ray workers / no Ray", "", None, "the run within one process, over two workers; start included")
_ASKING = Row(
    "two Ray workers / no Ray, asking often",
    "",
    None,
    "the same with one sample a second, so that the driver, which adapts, has more to do than the workers",
)


def ray_workers(plan: Plan) -> Iterator[Finding]:
    """Yield how much sooner two workers are done, on a run that is long enough to measure it."""
    longer_s, run_of = _long_enough(plan, _DENSE)
    measures = {
        f"{workers} {length}": partial(run_of, f"duration={seconds} s", workers=workers)
        for workers in (0, 1, 2)
        for length, seconds in (("long", longer_s), ("short", longer_s // _SHORTER))
    }
    output = in_turns(measures, plan.few)
    walls = {name: [reading.wall_s for reading in readings] for name, readings in output.items()}
    extra = {
        workers: [long - short for long, short in zip(walls[f"{workers} long"], walls[f"{workers} short"], strict=True)]
        for workers in (1, 2)
    }
    yield _compared(_WORKERS, longer_s, walls["1 long"], walls["2 long"])
    yield _compared(_APART, longer_s - longer_s // _SHORTER, extra[1], extra[2])
    yield _compared(_PROCESS, longer_s, walls["0 long"], walls["2 long"])
    longer_s, run_of = _long_enough(plan, _SPARSE)
    asking = {str(workers): partial(run_of, f"duration={longer_s} s", workers=workers) for workers in (0, 2)}
    sparse = {name: [one.wall_s for one in readings] for name, readings in in_turns(asking, plan.few).items()}
    yield _compared(_ASKING, longer_s, sparse["0"], sparse["2"])


def _long_enough(plan: Plan, pace: str) -> tuple[int, Callable[..., Reading]]:
    """Return how many virtual seconds keep one process busy for as long as the plan says, and how to play them."""
    run_of = partial(plan.throughput, plan.devices, pace)
    trial = run_of(f"duration={_TRIAL_S} s")
    return max(_SHORTER * _TRIAL_S, 10 * round(_TRIAL_S * plan.ray_s / trial.wall_s / 10)), run_of


def _compared(row: Row, virtual_s: int, slower: Sequence[float], quicker: Sequence[float]) -> Finding:
    detail = f"{virtual_s:,} virtual seconds in {shown(median(slower))} s against {shown(median(quicker))} s"
    return row.found([one / two for one, two in zip(slower, quicker, strict=True)], detail)
