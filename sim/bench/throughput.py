"""How many samples a second a full run judges, against torch alone and against the naive design."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.bench.plan import THROUGHPUT, Plan
from sim.bench.result import Finding, Row, at_least
from sim.bench.subprocesses import Measure, Reading, in_turns, rate, run_fresh, shown
from sim.run.fleet_spec import fleet_spec
from sim.scenario import Scenario, load

#: A sample every so often, and what that is called: as the scenario has it, and as a camera would.
_PACES = (("1 s", ""), ("100 ms", ", ten samples a second"))
#: What a run should reach of its arithmetic alone where samples are ten times as many.
_DENSE_GOAL = 0.6
_SAME = Row(
    "full run / same arithmetic",
    "",
    at_least(0.5),
    "samples per processor second of a whole run (streams, judging against two references, exchanges, tables) over "
    "those of its arithmetic alone: the forward pass of the same net, trunk and a head for each device, batches "
    "[256, 16] ready in memory, and what the method computes and installs for each exchange, 1,024 windows "
    "ready in memory at a time; a device asks once a minute, every 60 samples",
)
_BARE = Row("full run / forward pass", "", None, "the same, but the forward pass alone: no adapting, no installing")
_HEADS = Row("full run / forward pass, heads alone", "", None, "the same, with trunk features ready in memory as well")
_NAIVE = Row(
    "full run / naive design",
    "",
    at_least(100.0),
    "over one SimPy process and one torch model for each device, one call a sample; it judges no reference and keeps "
    "no tables",
)
_DENSE = "the same, but a device asks every 600 samples"


def throughput(plan: Plan) -> Iterator[Finding]:
    """Yield the ratios of a full run to its baselines, by processor time."""
    paces = _PACES if plan.thorough else _PACES[:1]
    with TemporaryDirectory(prefix="driftbed-bench-") as folder:
        measures: dict[str, Measure] = {}
        for every, called in paces:
            measures |= {f"{name}{called}": one for name, one in _measures(plan, Path(folder), every).items()}
        # Torch alone does not know how often samples come.
        shared = {name: measures.pop(name + called) for name in ("whole", "heads") for _, called in reversed(paces)}
        readings = in_turns(measures | shared, plan.repeats)
    for _, called in paces:
        same = replace(_SAME, goal=at_least(_DENSE_GOAL)) if called else _SAME
        rows = ((same, f"same{called}"), (_BARE, "whole"), (_HEADS, "heads"), (_NAIVE, f"naive{called}"))
        for row, baseline in rows:
            output = replace(row, what=f"{row.what}{called}", why=_DENSE if called else row.why)
            yield ratio(output, readings[f"run{called}"], readings[baseline], "samples/s")


def ratio(row: Row, ours: Sequence[Reading], baseline: Sequence[Reading], unit: str) -> Finding:
    """Return how many times as much is done in a second as by a baseline, turn by turn."""
    pairs = list(zip(ours, baseline, strict=True))
    by_wall = row.found([own.per_wall_s / other.per_wall_s for own, other in pairs], "").value
    detail = f"{rate(ours)} against {rate(baseline)} {unit}; by wall time {shown(by_wall)}"
    return row.found([own.per_cpu_s / other.per_cpu_s for own, other in pairs], detail)


def _measures(plan: Plan, folder: Path, every: str) -> dict[str, Measure]:
    pace = f"fleet.0.samples.every={every}"
    scenario = load(THROUGHPUT, [f"fleet.0.devices={plan.devices}", pace])
    spec = folder / f"spec {every}"
    spec.write_bytes(pickle.dumps(fleet_spec(scenario, ())))

    terms = _terms(scenario)
    asks_every = round(terms["every_s"] / scenario.fleet[0].samples.interval_s)

    def bare(whole: bool, samples_an_exchange: int | None = None) -> Reading:
        words = {"seconds": plan.seconds, "whole": whole, "samples_an_exchange": samples_an_exchange}
        return run_fresh("agents.baselines.bare_torch", spec, json.dumps(words))

    part = {"devices": plan.naive, "until_s": plan.naive_s, "timing": terms}
    return {
        "run": lambda: plan.throughput(None, pace),
        "same": lambda: bare(True, asks_every),
        "whole": lambda: bare(True),
        "heads": lambda: bare(False),
        "naive": lambda: run_fresh("agents.baselines.naive_simulator", spec, json.dumps(part)),
    }


def _terms(scenario: Scenario) -> dict[str, float]:
    """Return what an exchange takes, as the naive design has it: sizes and jitter are left out, delays remain."""
    link: Any = scenario.links["lte"]
    trigger: Any = scenario.method.trigger
    cloud: Any = scenario.cloud
    delay_s = link.latency.mean
    return {
        "every_s": trigger.every,
        "up_s": delay_s,
        "service_s": cloud.service.mean,
        "down_s": delay_s,
        "workers": cloud.workers,
    }
