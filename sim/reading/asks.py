"""How many requests a run is to expect, absences and requests under way aside."""

from __future__ import annotations

from typing import Any

from sim.run.backend import expected_samples
from sim.scenario import Scenario


def expected_asks(scenario: Scenario) -> int | None:
    """Return how often the whole fleet asks on average; None where only the run can know."""
    trigger: Any = scenario.method.trigger
    devices, duration_s = scenario.devices, scenario.duration
    if trigger.kind == "never" or scenario.method.adapter.kind == "static":
        return 0
    if trigger.kind == "periodic":
        return round(devices * duration_s / trigger.every)
    if trigger.kind == "poisson":
        return round(devices * duration_s * trigger.rate)
    if trigger.kind == "at":
        return sum(len(ask.times) * (devices if ask.devices == "all" else len(ask.devices)) for ask in trigger.all_asks)
    recorded = any(cohort.samples.arrivals == "recorded" for cohort in scenario.fleet)
    if trigger.kind == "every_samples" and not recorded:
        return int(expected_samples(scenario) / trigger.n)
    return None
