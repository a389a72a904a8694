"""Changes that begin at one time on the same devices: of them, the one that stands last takes over at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from sim.scenario.units import TIME

#: Pairs that are listed; a scenario of thousands of changes has too many for a reader.
_LISTED = 6


def drift_read(changes: Sequence[Any]) -> list[str]:
    """Return a sentence for each of the first pairs of changes that begin together on the same devices."""
    found: list[str] = []
    for earlier, later, at_s in _pairs(changes):
        when = f"drift.{later} begins with drift.{earlier} at {TIME.format(at_s)}"
        found.append(f"{when} on the same devices and takes over at once")
        if len(found) == _LISTED:
            break
    return found


def _pairs(changes: Sequence[Any]) -> Iterator[tuple[int, int, float]]:
    """Yield (earlier, later, when) of entries that begin together on devices that both of them change."""
    by_time: dict[float, list[int]] = {}
    for number, change in enumerate(changes):
        if not change.spread_s:
            by_time.setdefault(change.at, []).append(number)
    for at_s, numbers in by_time.items():
        for earlier, later in combinations(numbers, 2):
            if _meet(changes[earlier], changes[later]):
                yield earlier, later, at_s


def _meet(one: Any, other: Any) -> bool:
    # Devices of the smaller share are among those of the larger one.
    together = None in (one.cohort, other.cohort) or one.cohort == other.cohort
    return together and min(one.share, other.share) > 0.0
