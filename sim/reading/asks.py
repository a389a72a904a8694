"""How many requests a run is to expect, absences and requests under way aside."""

from __future__ import annotations

from typing import Any

from sim.run.backend import expected_samples
from sim.scenario import Scenario
from sim.triggers import TRIGGERS


def expected_asks(scenario: Scenario) -> int | None:
    """Return how often the whole fleet asks on average; None where only the run can know."""
    chosen = scenario.method.trigger
    trigger: Any = TRIGGERS[chosen.kind].read(chosen.settings, "trigger") if chosen.kind in TRIGGERS else chosen
    devices, duration_s = scenario.devices, scenario.duration
    if chosen.kind == "never" or scenario.method.adapter.kind == "static":
        return 0
    if chosen.kind == "periodic":
        return round(devices * duration_s / trigger.every)
    if chosen.kind == "poisson":
        return round(devices * duration_s * trigger.rate)
    if chosen.kind == "at":
        return sum(len(ask.times) * (devices if ask.devices == "all" else len(ask.devices)) for ask in trigger.all_asks)
    recorded = any(cohort.samples.arrivals == "recorded" for cohort in scenario.fleet)
    if chosen.kind == "every_samples" and not recorded:
        return int(expected_samples(scenario) / trigger.n)
    return None
