"""The routes of a fleet for the vectorised engine, and which fleets that engine supports."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np

from sim.exchanges.hop_columns import HopColumns
from sim.links.build import DirectionRoutes
from sim.links.device_availability import AvailabilityOf
from sim.links.fifo_link import QueuedLink
from sim.network.rates.rate import Constant
from sim.scenario import Scenario

#: Options that a link, cloud or cohort must leave at their defaults.
_THERE = ("availability", "churn")
_PLAIN_LINK = ("discipline", "ordered", "ping")
_PLAIN_CLOUD = ("queue", "batch")


class VectorRoutes:
    """The hops of a fleet: all hops up and down, and how many of them each cohort crosses.

    Attributes:
        first: the first device of each cohort, int64.
        availabilities: when the devices of each cohort are there; None where they always are.
    """

    def __init__(
        self,
        first: np.ndarray,
        up: list[HopColumns],
        down: list[HopColumns],
        hops: Sequence[int],
        availabilities: list[AvailabilityOf | None],
    ) -> None:
        self.first, self.up, self.down, self.availabilities = first, up, down, availabilities
        #: The stops of each cohort's messages, from device to device; None between them stands for the cloud.
        self.paths = [_stops(index, [*up[:count], None, *down[:count]]) for index, count in enumerate(hops)]

    def cohort_of(self, device: np.ndarray) -> np.ndarray:
        """Return the cohorts of devices, int64 like ``device``."""
        return np.searchsorted(self.first, device, side="right") - 1


def _stops(cohort: int, hop_columns: list[HopColumns | None]) -> list[tuple[HopColumns | None, bool]]:
    """Return stops, and whether the one after each is entered ahead of time: if no message can come in between."""
    alone = [columns is not None and columns.private(cohort) for columns in hop_columns]
    return list(zip(hop_columns, [*alone[1:], False], strict=True))


def vector_routes(
    scenario: Scenario, up: DirectionRoutes, down: DirectionRoutes, availability_of: AvailabilityOf
) -> VectorRoutes | None:
    """Return the routes of all cohorts, or None if some queue does not serve in the order of arrival.

    Devices that ask while they wait, or repeat what is lost, would make one exchange depend on another.
    """
    cohorts = [cohort for cohort in scenario.fleet if cohort.devices]
    plain = (
        scenario.method.in_flight == "drop"
        and cohorts
        and _is_default(scenario.cloud, _PLAIN_CLOUD)
        and all(_repairs_losses(scenario, cohort.link) for cohort in cohorts)
        and all(_is_default(scenario.links[link.spec.name], _PLAIN_LINK) for link in (*up.links, *down.links))
    )
    return _vector_routes(scenario, up, down, availability_of) if plain else None


def _repairs_losses(scenario: Scenario, link: str | None) -> bool:
    """Return whether devices have a link, and it repairs what it loses."""
    return link is not None and scenario.links[link].recovery.arq != "off"


def _is_default(section: Any, names: tuple[str, ...]) -> bool:
    fields = type(section).model_fields
    return all(getattr(section, name) == fields[name].get_default(call_default_factory=True) for name in names)


def _vector_routes(
    scenario: Scenario, up: DirectionRoutes, down: DirectionRoutes, availability_of: AvailabilityOf
) -> VectorRoutes:
    sizes = np.array([cohort.devices for cohort in scenario.fleet])
    there = np.flatnonzero(sizes).tolist()
    first = (np.cumsum(sizes) - sizes)[there]
    availabilities = [None if _is_default(scenario.fleet[index], _THERE) else availability_of for index in there]
    hop_columns = [
        _hop_columns([paths.links_of(index) for index in there], first, availabilities, access)
        for paths, access in ((up, 0), (down, -1))
    ]
    return VectorRoutes(
        first, hop_columns[0], hop_columns[1], [len(up.links_of(index)) for index in there], availabilities
    )


def _hop_columns(
    paths: list[list[QueuedLink]], first: np.ndarray, availabilities: list[AvailabilityOf | None], access: int
) -> list[HopColumns]:
    """Return the hops of one direction, given the links that each cohort crosses, and which end is the devices'."""
    held = {
        path[access]
        for path, device_availability in zip(paths, availabilities, strict=True)
        if device_availability is not None
    }
    bps_of = {link: _bps(link, held) for path in paths for link in path}
    slot_of: dict[QueuedLink, int] = {}
    slots = 0
    for link, bps in bps_of.items():
        if link.spec.group > 1 and bps >= 0.0:
            slot_of[link] = slots
            slots += link.instances
    free_s = [0.0] * slots
    hop_columns = []
    for hop in range(max(map(len, paths))):
        links = [path[hop] if hop < len(path) else None for path in paths]
        away = [
            device_availability if link is path[access] else None
            for link, path, device_availability in zip(links, paths, availabilities, strict=True)
        ]
        hop_columns.append(HopColumns(hop, links, first, bps_of, free_s, slot_of, away))
    return hop_columns


def _bps(link: QueuedLink, held: set[QueuedLink]) -> float:
    """Return the constant rate of a link [bit/s]; NaN if instances compute by their own law, or devices block them."""
    rate = link.spec.rate_of(0)
    plain = isinstance(rate, Constant) and link.spec.bucket is None and link not in held
    return rate.bps if plain and isinstance(rate, Constant) else nan
