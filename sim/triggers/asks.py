"""When a device asks for an update. A trigger plans the asks of one tick at a time, for the whole fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    #: What the data plane watches for the rule (``Tallies.signals``); nothing lets the run be lazy.
    watches: tuple[Watch | str, ...]

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        """Return the asks in (after, until]; the first interval of a run includes its start, 0."""
        ...


class Setting(NamedTuple):
    """What every trigger is built in: the seed, how many devices there are, the tick and the horizon [s]."""

    seed: int
    devices: int
    tick_s: float
    duration_s: float


class Numbering:
    """Sorts asks and counts how many each device has planned."""

    def __init__(self, devices: int) -> None:
        self._planned = np.zeros(devices, np.int64)

    def asks(self, device: np.ndarray, at_s: np.ndarray) -> Asks:
        """Return asks sorted by time, then device, each with its number."""
        order = np.lexsort((device, at_s))
        device, at_s = device[order], at_s[order]
        by_device = np.argsort(device, kind="stable")
        grouped = device[by_device]
        # Rank of each ask among those of its device within this plan.
        first = np.r_[True, grouped[1:] != grouped[:-1]] if len(grouped) else np.zeros(0, bool)
        start = np.maximum.accumulate(np.where(first, np.arange(len(grouped)), 0))
        number = np.empty(len(device), np.int64)
        number[by_device] = self._planned[grouped] + np.arange(len(grouped)) - start
        np.add.at(self._planned, device, 1)
        return Asks(device, at_s, number)


def nobody(numbering: Numbering) -> Asks:
    """Return no asks."""
    return numbering.asks(np.zeros(0, np.int64), np.zeros(0))


def joined(numbering: Numbering, devices: Sequence[np.ndarray], times: Sequence[np.ndarray]) -> Asks:
    """Return the asks of all parts; each part is some devices and when they ask."""
    if not devices:
        return nobody(numbering)
    return numbering.asks(np.concatenate(devices), np.concatenate(times))
