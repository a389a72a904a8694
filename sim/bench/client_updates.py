"""How many federated clients learn in a second, in the unit in which simulators of federated learning are compared."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from statistics import median

from sim.bench.plan import Plan
from sim.bench.result import Finding, Row
from sim.bench.subprocesses import in_turns, run_fresh
from sim.bench.throughput import ratio

_ROW = Row(
    "client updates / plain loop",
    "",
    None,
    "clients per processor second of fedavg, five steps of 20 images 28 x 28 on a net of two convolutions, a dense "
    "layer of 2,048 and 62 classes, over those of one torch module trained client after client",
)
_RATE = Row("client updates", "/s", None, "the same by wall time, one process with one thread")
_FLOWER = Row(
    "client updates / Flower",
    "",
    None,
    "clients by wall time over those of Flower's simulation engine on one processor of Ray, the same net and steps, "
    "its start left out; where flwr is installed",
)


def client_updates(plan: Plan) -> Iterator[Finding]:
    """Yield the ratio to a plain loop, the rate by wall time, and its ratio to Flower's engine if that is here."""
    measures = {
        which: lambda which=which: run_fresh("agents.baselines.client_updates", which, plan.seconds)
        for which in ("run", "loop")
    }
    readings = in_turns(measures, plan.repeats)
    yield ratio(_ROW, readings["run"], readings["loop"], "clients/s")
    plain = median(one.per_wall_s for one in readings["loop"])
    yield _RATE.found([one.per_wall_s for one in readings["run"]], f"the plain loop: {plain:.3g}")
    if find_spec("flwr"):
        yield _beside_flower(plan)


def _beside_flower(plan: Plan) -> Finding:
    readings = in_turns(
        {
            "run": lambda: run_fresh("agents.baselines.client_updates", "run", plan.seconds),
            "flower": lambda: run_fresh("agents.baselines.flower_clients", plan.seconds),
        },
        plan.repeats,
    )
    ours, theirs = ([one.per_wall_s for one in readings[which]] for which in ("run", "flower"))
    seen = f"{median(ours):.3g} against {median(theirs):.3g} clients/s"
    return _FLOWER.found([one / other for one, other in zip(ours, theirs, strict=True)], seen)
