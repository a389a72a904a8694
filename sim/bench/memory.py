"""What a device costs in memory: how much more a process holds when a fleet is larger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sim.bench.plan import Plan
from sim.bench.result import Finding, Row, at_most
from sim.bench.subprocesses import Reading, in_turns

_KB = 1000.0
_SILENT = ("fleet.0.samples={rate: 0 /s}", "method.trigger=never")
#: Large enough that what was allocated and freed before the run does not hide what devices need.
_FEW = 2_560


@dataclass(frozen=True)
class _Case:
    """A kind of device: how to play a fleet of so many, and how many more the larger fleet has."""

    row: Row
    run_of: Callable[[int], Reading]
    more: int


def memory(plan: Plan) -> Iterator[Finding]:
    """Yield bytes for each kind of device, from pairs of runs."""
    cases = list(_cases(plan))
    measures = {}
    for number, case in enumerate(cases):
        measures[f"few {number}"] = partial(case.run_of, _FEW)
        measures[f"many {number}"] = partial(case.run_of, _FEW + case.more)
    readings = in_turns(measures, plan.few)
    for number, case in enumerate(cases):
        pairs = list(zip(readings[f"many {number}"], readings[f"few {number}"], strict=True))
        each = [(many.output["resident_bytes"] - few.output["resident_bytes"]) / case.more for many, few in pairs]
        megabytes = case.row.found([many.output["resident_bytes"] / 1e6 for many, _ in pairs], "").value
        yield case.row.found(each, f"{_FEW + case.more:,} devices: {megabytes:,.0f} MB in all")


def _cases(plan: Plan) -> Iterator[_Case]:
    def messages(devices: int) -> Reading:
        return plan.exchanges("compiled", f"fleet.0.devices={devices}", "method.trigger=never", "duration=1 min")

    def silent(devices: int) -> Reading:
        return plan.throughput(devices, *_SILENT, "duration=61 s")

    def sharing(devices: int) -> Reading:
        return plan.throughput(devices, "method.adapter=static", "duration=61 s")

    def owning(devices: int) -> Reading:
        return plan.throughput(devices, "duration=121 s")

    less = at_most(_KB)
    idle = Row("memory of an idle device, messages alone", "bytes", less, "registered, it never asks")
    quiet = Row("memory of an idle device, with a model", "bytes", less, "registered for persona, no samples")
    shared = Row("memory of a device, shared parameters", "bytes", None, "one sample a second, static model")
    own = Row("memory of a device, a head of its own", "bytes", None, "one sample a second, persona")
    yield _Case(idle, messages, plan.idle)
    yield _Case(own, owning, plan.active)
    if plan.thorough:
        yield _Case(quiet, silent, plan.idle)
        yield _Case(shared, sharing, plan.active)
