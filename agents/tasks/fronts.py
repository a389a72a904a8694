"""How a change spreads over the fleet: at once, as a wave, group by group, or each device for itself.

A device's place in the fleet is a uniform number of its own, the same for every line of the schedule; its number in
the fleet would not do, for then one device's drift would depend on how many others there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agents.seeding import Purpose, uniforms
from agents.tasks.base import Place


class Front(Protocol):
    """How much later than the line itself a change starts for each device."""

    @property
    def spread_s(self) -> float:
        """The latest that any device can start [s]."""
        ...

    def delays_s(self, place: Place, seed: int, line: int) -> np.ndarray:
        """Return the delay of each device of the block for a line of the schedule: float64 [devices]."""
        ...


@dataclass(frozen=True)
class AtOnce:
    """All devices together."""

    spread_s: float = 0.0

    def delays_s(self, place: Place, seed: int, line: int) -> np.ndarray:
        return np.zeros(place.width)


@dataclass(frozen=True)
class Wave:
    """A front that moves over the fleet at a constant speed, from the device at 0 to the one at 1."""

    spread_s: float

    def delays_s(self, place: Place, seed: int, line: int) -> np.ndarray:
        return self.spread_s * coordinates(place, seed)


@dataclass(frozen=True)
class Groups:
    """Neighbours drift together: the fleet is cut into ``count`` equal stretches, one after the other."""

    count: int
    apart_s: float

    @property
    def spread_s(self) -> float:
        return (self.count - 1) * self.apart_s

    def delays_s(self, place: Place, seed: int, line: int) -> np.ndarray:
        return np.floor(self.count * coordinates(place, seed)) * self.apart_s


@dataclass(frozen=True)
class Independent:
    """Each device at a uniform time of its own, anew for every line."""

    spread_s: float

    def delays_s(self, place: Place, seed: int, line: int) -> np.ndarray:
        return self.spread_s * uniforms(seed, Purpose.DRIFT_OWN_TIME, device_keys(place), line)


def read_front(options: Mapping[str, Any]) -> Front:
    """Read how a line spreads from its options: ``wave``, ``groups``, ``independent`` or none of them.

    Raises:
        ValueError: several of them.
    """
    given = [name for name in ("wave", "groups", "independent") if options.get(name) is not None]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} exclude each other")
    if not given:
        return AtOnce()
    own = options[given[0]]
    if given[0] == "groups":
        return Groups(int(own["count"]), float(own["apart"]))
    return Wave(float(own["crosses_fleet_in"])) if given[0] == "wave" else Independent(float(own["within"]))


def coordinates(place: Place, seed: int) -> np.ndarray:
    """Return where each device of the block stands in the fleet, in (0, 1): float64 [devices]."""
    return uniforms(seed, Purpose.DRIFT_TIME, device_keys(place))


def device_keys(place: Place) -> np.ndarray:
    """Return a number for each device of the block, its own in the whole fleet: uint64 [devices]."""
    first = place.block * place.width
    return np.uint64(place.cohort << 40) + np.arange(first, first + place.width, dtype=np.uint64)
