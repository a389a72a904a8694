"""What a second Ray worker is worth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sim.bench.finding import Finding, Row, at_least
from sim.bench.fresh import in_turns, shown
from sim.bench.plan import Plan

#: A run of this length tells how long a minute takes.
_TRIAL_S = 120
#: What blocks do shows only where they do more than the cloud does.
_PACE = "fleet.0.samples.every=100 ms"
_WORKERS = Row(
    "two Ray workers / one",
    "",
    at_least(1.7),
    "wall time of one worker over that of two, the driver beside them, from the end of training to the last table; "
    "starting Ray is part of it; ten samples a second, an exchange a minute",
)
_PROCESS = Row("two Ray workers / no Ray", "", None, "the same run within one process, over two workers")


def working(plan: Plan) -> Iterator[Finding]:
    """Yield how much sooner two workers are done, on a run that is long enough to tell."""
    trial = plan.throughput(plan.devices, _PACE, f"duration={_TRIAL_S} s")
    longer_s = max(_TRIAL_S, 10 * round(_TRIAL_S * plan.ray_s / trial.wall_s / 10))
    play = partial(plan.throughput, plan.devices, _PACE, f"duration={longer_s} s")
    measures = {str(workers): partial(play, workers=workers) for workers in (0, 1, 2)}
    readings = in_turns(measures, plan.few)
    for row, slower in ((_WORKERS, "1"), (_PROCESS, "0")):
        pairs = list(zip(readings[slower], readings["2"], strict=True))
        walls = [row.found([reading.wall_s for reading in some], "").value for some in zip(*pairs, strict=True)]
        detail = f"{longer_s:,} virtual seconds in {shown(walls[0])} s against {shown(walls[1])} s"
        yield row.found([one.wall_s / two.wall_s for one, two in pairs], detail)
