"""How many samples and requests a run is to expect, absences and requests under way aside."""

from __future__ import annotations

from typing import Any

from sim.triggers import TRIGGERS

#: A scenario as it stands above this module.
Scenario = Any


def expected_samples(scenario: Scenario) -> float:
    """Return how many samples the fleet sees on average, absences aside."""
    fleet: list[Any] = scenario.fleet
    return sum(cohort.devices * scenario.duration / cohort.samples.interval_s for cohort in fleet)


def expected_asks(scenario: Scenario) -> int | None:
    """Return how often the whole fleet asks on average; None where only the run can know."""
    return 0 if scenario.method.adapter.kind == "static" else triggered(scenario, scenario.method.trigger)


def triggered(scenario: Scenario, chosen: Any) -> int | None:
    """Return how often a trigger fires in the whole fleet on average; None where only the run can know."""
    trigger: Any = TRIGGERS[chosen.kind].read(chosen.settings, "trigger") if chosen.kind in TRIGGERS else chosen
    devices, duration_s = scenario.devices, scenario.duration
    if chosen.kind == "never":
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
