"""What the compiled engine covers; all else is for SimPy."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.compiled.codes import POLICY_CODES
from sim.compiled.laws import knows_availability, knows_rate
from sim.links.build import DirectionRoutes
from sim.links.device_availability import AvailabilityOf, always_there

_DISCIPLINES = ("fifo", "ps", "lcfs")
_CLOUDS = ("fifo", "ps", "lcfs")


class Obstacle(NamedTuple):
    """What of a scenario is not compiled: its path there, and a few words."""

    path: str
    what: str


def obstacle(
    scenario: Any, up: DirectionRoutes, down: DirectionRoutes, availability_of: AvailabilityOf
) -> Obstacle | None:
    """Return what only SimPy can play; None if there is no such thing."""
    return (
        _of_method(scenario.method)
        or _of_links(scenario, up, down)
        or _of_cloud(scenario.cloud)
        or _of_fleet(scenario, availability_of)
    )


def _of_method(method: Any) -> Obstacle | None:
    known = method.in_flight in POLICY_CODES
    return None if known else Obstacle("method.in_flight", f"the policy {method.in_flight}")


def _of_links(scenario: Any, up: DirectionRoutes, down: DirectionRoutes) -> Obstacle | None:
    for link in (*up.links, *down.links):
        name = link.spec.name
        section, path = scenario.links[name], f"links.{name}"
        if section.discipline not in _DISCIPLINES:
            return Obstacle(f"{path}.discipline", f"the discipline {section.discipline}")
        if link.instances and not knows_rate(link.spec.rate_of(0)):
            return Obstacle(path, f"the rate of link {name}")
    return None


def _of_cloud(cloud: Any) -> Obstacle | None:
    return None if cloud.queue in _CLOUDS else Obstacle("cloud.queue", f"a cloud of queue {cloud.queue}")


def _of_fleet(scenario: Any, availability_of: AvailabilityOf) -> Obstacle | None:
    device = 0
    for index, cohort in enumerate(scenario.fleet):
        found = availability_of(device) if cohort.devices and not always_there(cohort) else None
        if found is not None and not knows_availability(found.availability):
            return Obstacle(f"fleet.{index}.availability", f"the availability of cohort {cohort.cohort}")
        device += cohort.devices
    return None
