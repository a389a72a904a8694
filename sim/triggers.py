"""When a device asks for an update. A trigger plans the asks of one tick at a time, for the whole fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from agents.seeding import Purpose, uniforms


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
    watches: tuple[str, ...]

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        """Return the asks in (after, until]; the first interval of a run includes its start, 0."""
        ...


class _Numbering:
    """Sorts asks and counts how many each device has planned."""

    def __init__(self, devices: int) -> None:
        self._planned = np.zeros(devices, np.int64)

    def asks(self, device: np.ndarray, at_s: np.ndarray) -> Asks:
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


def _nobody(numbering: _Numbering) -> Asks:
    return numbering.asks(np.zeros(0, np.int64), np.zeros(0))


class Never:
    """Nobody asks."""

    watches: tuple[str, ...] = ()

    def __init__(self, devices: int) -> None:
        self._numbering = _Numbering(devices)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        return _nobody(self._numbering)


class Periodic:
    """Each device asks every ``every_s``, first at its phase.

    With ``phase_s`` None the phase is the device's own uniform in (0, every). With a phase of 0 the first ask
    comes after one whole period: at the start there is nothing to tell yet.
    """

    watches: tuple[str, ...] = ()

    def __init__(self, seed: int, devices: int, every_s: float, phase_s: float | None) -> None:
        self._numbering = _Numbering(devices)
        self._every_s = every_s
        own = uniforms(seed, Purpose.TRIGGER_PHASE, np.arange(devices))
        self._phase_s = own * every_s if phase_s is None else np.full(devices, phase_s)
        self._next = np.where(self._phase_s > 0, 0, 1).astype(np.int64)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        devices, times = [], []
        while True:
            at_s = self._phase_s + self._next * self._every_s
            due = np.flatnonzero(at_s <= until_s)
            if not len(due):
                break
            devices.append(due)
            times.append(at_s[due])
            self._next[due] += 1
        return _joined(self._numbering, devices, times)


class Poisson:
    """Each device asks at the points of its own Poisson process of ``rate_per_s``."""

    watches: tuple[str, ...] = ()

    def __init__(self, seed: int, devices: int, rate_per_s: float) -> None:
        self._numbering = _Numbering(devices)
        self._seed, self._rate_per_s = seed, rate_per_s
        self._drawn = np.zeros(devices, np.int64)
        self._next_s = np.full(devices, np.inf)
        if rate_per_s > 0:
            self._next_s = self._gaps(np.arange(devices))

    def _gaps(self, devices: np.ndarray) -> np.ndarray:
        own = uniforms(self._seed, Purpose.TRIGGER_GAP, devices, self._drawn[devices])
        self._drawn[devices] += 1
        return -np.log(own) / self._rate_per_s

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        devices, times = [], []
        while len(due := np.flatnonzero(self._next_s <= until_s)):
            devices.append(due)
            times.append(self._next_s[due])
            self._next_s[due] += self._gaps(due)
        return _joined(self._numbering, devices, times)


class At:
    """Chosen devices ask at chosen times."""

    watches: tuple[str, ...] = ()

    def __init__(self, devices: int, asks: Sequence[tuple[Sequence[float], Sequence[int] | None]]) -> None:
        self._numbering = _Numbering(devices)
        pairs = [
            (at_s, device)
            for times, chosen in asks
            for at_s in times
            for device in (range(devices) if chosen is None else chosen)
        ]
        pairs.sort()
        self._at_s = np.array([pair[0] for pair in pairs], np.float64)
        self._device = np.array([pair[1] for pair in pairs], np.int64)
        self._told = 0

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        end = int(np.searchsorted(self._at_s, until_s, side="right"))
        due = slice(self._told, end)
        self._told = end
        return self._numbering.asks(self._device[due], self._at_s[due])


class EverySamples:
    """A device asks once it has seen ``n`` samples since it last asked.

    The count is looked at on ticks, as a monitoring device would; the ask leaves at the device's own phase
    within the following tick, so that a fleet never asks in lockstep.
    """

    watches: tuple[str, ...] = ("samples",)

    def __init__(self, seed: int, devices: int, n: int, tick_s: float) -> None:
        self._numbering = _Numbering(devices)
        self._n = n
        self._seen_at_ask = np.zeros(devices, np.int64)
        self._phase_s = uniforms(seed, Purpose.DEVICE_PHASE, np.arange(devices)) * tick_s

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        if "samples" not in signals:
            return _nobody(self._numbering)
        seen = signals["samples"]
        due = np.flatnonzero(seen - self._seen_at_ask >= self._n)
        self._seen_at_ask[due] = seen[due]
        return self._numbering.asks(due, np.minimum(after_s + self._phase_s[due], until_s))


def _joined(numbering: _Numbering, devices: list[np.ndarray], times: list[np.ndarray]) -> Asks:
    if not devices:
        return _nobody(numbering)
    return numbering.asks(np.concatenate(devices), np.concatenate(times))
