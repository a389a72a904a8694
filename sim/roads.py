"""The roads of a fleet whose exchanges plain arithmetic in columns can play, and which fleets those are."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np

from sim.legs import Leg
from sim.lines.building import Ways
from sim.lines.fifo import FifoLine
from sim.lines.presence import PresenceOf
from sim.network.rates import Constant
from sim.scenario import Scenario

#: What a plain link or cloud leaves as it is by default, and a cohort that is always there.
_THERE = ("availability", "churn")
_PLAIN_LINK = ("discipline", "ordered", "ping")
_PLAIN_CLOUD = ("queue", "batch")


class Roads:
    """The hops of a fleet: all legs up and down, and how many of them each cohort crosses.

    Attributes:
        first: the first device of each cohort, int64.
        presences: when the devices of each cohort are there; None where they always are.
    """

    def __init__(
        self,
        first: np.ndarray,
        up: list[Leg],
        down: list[Leg],
        hops: Sequence[int],
        presences: list[PresenceOf | None],
    ) -> None:
        self.first, self.up, self.down, self.presences = first, up, down, presences
        #: The stops of each cohort's messages, from device to device; between the two ways, None stands for the cloud.
        self.ways = [_stops(index, [*up[:count], None, *down[:count]]) for index, count in enumerate(hops)]

    def cohort_of(self, device: np.ndarray) -> np.ndarray:
        """Return the cohorts of devices, int64 like ``device``."""
        return np.searchsorted(self.first, device, side="right") - 1


def _stops(cohort: int, legs: list[Leg | None]) -> list[tuple[Leg | None, bool]]:
    """Return stops, and whether the one after each is entered ahead of time: where nobody else can come in between."""
    alone = [leg is not None and leg.private(cohort) for leg in legs]
    return list(zip(legs, [*alone[1:], False], strict=True))


def express_roads(scenario: Scenario, up: Ways, down: Ways, presence_of: PresenceOf) -> Roads | None:
    """Return the roads of all cohorts, or None if exchanges may meet more than queues in the order of arrival.

    Devices that ask while they wait, or repeat what is lost, would make one exchange hang on another.
    """
    cohorts = [cohort for cohort in scenario.fleet if cohort.devices]
    plain = (
        scenario.method.in_flight == "drop"
        and cohorts
        and _untouched(scenario.cloud, _PLAIN_CLOUD)
        and all(_patient(scenario, cohort.link) for cohort in cohorts)
        and all(_untouched(scenario.links[line.spec.name], _PLAIN_LINK) for line in (*up.lines, *down.lines))
    )
    return _roads(scenario, up, down, presence_of) if plain else None


def _patient(scenario: Scenario, link: str | None) -> bool:
    """Say whether devices have a link, and it repairs what it loses."""
    return link is not None and scenario.links[link].recovery.arq != "off"


def _untouched(clause: Any, names: tuple[str, ...]) -> bool:
    fields = type(clause).model_fields
    return all(getattr(clause, name) == fields[name].get_default(call_default_factory=True) for name in names)


def _roads(scenario: Scenario, up: Ways, down: Ways, presence_of: PresenceOf) -> Roads:
    sizes = np.array([cohort.devices for cohort in scenario.fleet])
    there = np.flatnonzero(sizes).tolist()
    first = (np.cumsum(sizes) - sizes)[there]
    presences = [None if _untouched(scenario.fleet[index], _THERE) else presence_of for index in there]
    legs = [
        _legs([ways.lines_of(index) for index in there], first, presences, access)
        for ways, access in ((up, 0), (down, -1))
    ]
    return Roads(first, legs[0], legs[1], [len(up.lines_of(index)) for index in there], presences)


def _legs(ways: list[list[FifoLine]], first: np.ndarray, presences: list[PresenceOf | None], access: int) -> list[Leg]:
    """Return the legs of one direction, given the lines that each cohort crosses, and which end is the devices'."""
    held = {way[access] for way, presence in zip(ways, presences, strict=True) if presence is not None}
    bps_of = {line: _bps(line, held) for way in ways for line in way}
    place_of: dict[FifoLine, int] = {}
    places = 0
    for line, bps in bps_of.items():
        if line.spec.group > 1 and bps >= 0.0:
            place_of[line] = places
            places += line.instances
    free_s = [0.0] * places
    legs = []
    for hop in range(max(map(len, ways))):
        lines = [way[hop] if hop < len(way) else None for way in ways]
        away = [
            presence if line is way[access] else None
            for line, way, presence in zip(lines, ways, presences, strict=True)
        ]
        legs.append(Leg(hop, lines, first, bps_of, free_s, place_of, away))
    return legs


def _bps(line: FifoLine, held: set[FifoLine]) -> float:
    """Return the constant rate of a line [bit/s]; NaN where its links have laws of their own, or devices hold them."""
    rate = line.spec.rate_of(0)
    plain = isinstance(rate, Constant) and line.spec.bucket is None and line not in held
    return rate.bps if plain and isinstance(rate, Constant) else nan
