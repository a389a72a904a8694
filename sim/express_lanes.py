"""Says where plain arithmetic is enough to play exchanges."""

from __future__ import annotations

from math import nan
from typing import Any

from sim.lanes import Lane
from sim.lines.building import Ways
from sim.lines.line import Line
from sim.scenario import Scenario

#: What a plain scenario leaves as it is by default: nothing of it can matter to an exchange.
_PLAIN_LINK = (
    "discipline",
    "ordered",
    "ping",
    "packet_header",
    "shared",
    "via",
    "loss",
    "recovery",
    "outages",
    "contacts",
)
_PLAIN_CLOUD = ("queue", "capacity", "batch", "failures")
_PLAIN_COHORT = ("availability", "churn")


def express_lanes(scenario: Scenario, up: Ways, down: Ways) -> list[Lane] | None:
    """Return the lanes of all cohorts, or None if any exchange may meet more than a private line and the queue."""
    cohorts = [cohort for cohort in scenario.fleet if cohort.devices]
    plain = (
        scenario.method.in_flight == "drop"
        and _untouched(scenario.cloud, _PLAIN_CLOUD)
        and all(_untouched(cohort, _PLAIN_COHORT) and _plain(scenario, cohort.link) for cohort in cohorts)
    )
    if not plain:
        return None
    lines = {(line.spec.name, line.spec.direction): line for line in [*up.lines, *down.lines]}
    lanes, first = [], 0
    for cohort in scenario.fleet:
        if cohort.devices:
            lanes.append(_lane(scenario, cohort.link, first, lines))
        first += cohort.devices
    return lanes


def _lane(scenario: Scenario, name: str | None, first: int, lines: dict[tuple[str, str], Line]) -> Lane:
    assert name is not None, "plain cohorts have a link"
    link: Any = scenario.links[name]
    ways = lines[name, "up"], lines[name, "down"]
    up_bps, down_bps = (nan if way.rate is None else way.rate for way in (link.up, link.down))
    return Lane(first, *ways, up_bps, down_bps, round(link.header))


def _plain(scenario: Scenario, name: str | None) -> bool:
    if name is None:
        return False
    link: Any = scenario.links[name]
    unbuffered = all(way.bucket is None for way in (link.up, link.down))
    return unbuffered and link.shared_by is None and _untouched(link, _PLAIN_LINK)


def _untouched(clause: Any, names: tuple[str, ...]) -> bool:
    fields = type(clause).model_fields
    return all(getattr(clause, name) == fields[name].get_default(call_default_factory=True) for name in names)
