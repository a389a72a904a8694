"""When a device asks for an update. A trigger plans the asks of one tick at a time, for the whole fleet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from agents.contract import Watch


class Asks(NamedTuple):
    """Requests planned for one interval: parallel arrays, sorted by time, then device.

    ``device`` int64, ``at_s`` float64, ``number`` int64: how many asks this device planned before this one.
    """

    device: np.ndarray
    at_s: np.ndarray
    number: np.ndarray


class Trigger(Protocol):
    """A rule that decides when devices ask."""

    #: Signals of the data plane (``Tallies.signals``) that the rule looks at; none lets the run be lazy.
    watches: tuple[Watch | str, ...]

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        """Return the asks in (after, until]; the first interval of a run includes its start, 0."""
        ...


def watched(*triggers: Trigger | None) -> list[Watch | str]:
    """Return what any of some triggers looks at, each once."""
    both: list[Watch | str] = []
    for trigger in filter(None, triggers):
        both += [one for one in trigger.watches if one not in both]
    return both


class Numbering:
    """Sorts asks and counts how many each device has planned."""

    def __init__(self, devices: int) -> None:
        self._planned = np.zeros(devices, np.int64)

    def asks(self, device: np.ndarray, at_s: np.ndarray) -> Asks:
        """Return the asks, sorted and numbered."""
        order = np.argsort(at_s)
        if (np.diff(at_s[order]) == 0.0).any():
            # Sorting by times alone is several times faster, where no two are equal.
            order = np.lexsort((device, at_s))
        device, at_s = device[order], at_s[order]
        planned = np.bincount(device, minlength=len(self._planned))
        number = self._planned[device]
        if planned.max(initial=0) > 1:
            number += _ranks(device)
        self._planned += planned
        return Asks(device, at_s, number)


def _ranks(device: np.ndarray) -> np.ndarray:
    """Return how many earlier entries each entry has of the same device."""
    by_device = np.argsort(device, kind="stable")
    grouped = device[by_device]
    first = np.r_[True, grouped[1:] != grouped[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(grouped)), 0))
    rank = np.empty(len(device), np.int64)
    rank[by_device] = np.arange(len(grouped)) - start
    return rank


def no_asks(numbering: Numbering) -> Asks:
    """Return the plan of an interval in which no device asks."""
    return numbering.asks(np.zeros(0, np.int64), np.zeros(0))


def joined(numbering: Numbering, devices: list[np.ndarray], times: list[np.ndarray]) -> Asks:
    """Return the plan of all parts together."""
    if not devices:
        return no_asks(numbering)
    return numbering.asks(np.concatenate(devices), np.concatenate(times))
