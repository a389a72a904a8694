"""The roads of a fleet whose exchanges plain arithmetic in columns can play, and which fleets those are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.legs import Leg
from sim.lines.building import Ways
from sim.lines.fifo import FifoLine
from sim.network.rates import Constant
from sim.scenario import Scenario

#: What a plain cohort or link leaves as it is by default.
_PLAIN_COHORT = ("availability", "churn")
_PLAIN_LINK = ("discipline", "ordered", "ping")
_PLAIN_CLOUD = ("queue", "batch")


class Roads:
    """The hops of a fleet: all legs up and down, and how many of them each cohort crosses.

    Attributes:
        first: the first device of each cohort, int64.
    """

    def __init__(self, first: np.ndarray, up: list[Leg], down: list[Leg], hops: Sequence[int]) -> None:
        self.first, self.up, self.down = first, up, down
        #: The stops of each cohort's messages; between the two ways, None stands for the cloud.
        self.stops: list[list[Leg | None]] = [[*up[:count], None, *down[:count]] for count in hops]
        #: Where nobody else can come in between, an exchange enters its next stop ahead of time.
        self.alone = [
            [stop is not None and stop.private(index) for stop in stops] for index, stops in enumerate(self.stops)
        ]

    def cohort_of(self, device: np.ndarray) -> np.ndarray:
        """Return the cohorts of devices, int64 like ``device``."""
        return np.searchsorted(self.first, device, side="right") - 1


def express_roads(scenario: Scenario, up: Ways, down: Ways) -> Roads | None:
    """Return the roads of all cohorts, or None if exchanges may meet more than queues in the order of arrival.

    Devices that come and go, ask while they wait, or repeat what is lost would make one exchange hang on another.
    """
    cohorts = [cohort for cohort in scenario.fleet if cohort.devices]
    plain = (
        scenario.method.in_flight == "drop"
        and cohorts
        and _untouched(scenario.cloud, _PLAIN_CLOUD)
        and all(_untouched(cohort, _PLAIN_COHORT) and _patient(scenario, cohort.link) for cohort in cohorts)
        and all(_untouched(scenario.links[line.spec.name], _PLAIN_LINK) for line in (*up.lines, *down.lines))
    )
    return _roads(scenario, up, down) if plain else None


def _patient(scenario: Scenario, link: str | None) -> bool:
    """Say whether devices have a link, and it repairs what it loses."""
    return link is not None and scenario.links[link].recovery.arq != "off"


def _untouched(clause: Any, names: tuple[str, ...]) -> bool:
    fields = type(clause).model_fields
    return all(getattr(clause, name) == fields[name].get_default(call_default_factory=True) for name in names)


def _roads(scenario: Scenario, up: Ways, down: Ways) -> Roads:
    sizes = np.array([cohort.devices for cohort in scenario.fleet])
    there = np.flatnonzero(sizes).tolist()
    first = (np.cumsum(sizes) - sizes)[there]
    legs = [_legs([ways.lines_of(index) for index in there], first) for ways in (up, down)]
    return Roads(first, legs[0], legs[1], [len(up.lines_of(index)) for index in there])


def _legs(ways: list[list[FifoLine]], first: np.ndarray) -> list[Leg]:
    """Return the legs of one direction, given the lines that each cohort crosses."""
    place_of: dict[FifoLine, int] = {}
    places = 0
    for line in dict.fromkeys(line for way in ways for line in way):
        if line.spec.group > 1 and line.spec.bucket is None and isinstance(line.spec.rate_of(0), Constant):
            place_of[line] = places
            places += line.instances
    free_s = [0.0] * places
    hops = max(map(len, ways))
    return [
        Leg(hop, [way[hop] if hop < len(way) else None for way in ways], first, free_s, place_of) for hop in range(hops)
    ]
