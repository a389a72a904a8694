"""The availability of many devices at once, where it follows from a few numbers for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.network.availability import AllOf, Always, Availability, FleetAvailability, Windows, lifetime


class AlwaysFleet:
    """All devices are always there."""

    def of(self, device: int) -> Availability:
        return Always()

    def available_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        return np.ones(len(devices), bool)

    def next_change_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        return np.full(len(devices), np.inf)


class WindowsFleet:
    """Devices that play recorded windows, each its own recording from its own moment on.

    Args:
        recordings: some windows.
        which: int64 [devices]; the recording of each device.
        offsets_s: float64 [devices]; where in it the device's time 0 lies.
    """

    def __init__(self, recordings: Sequence[Windows], which: np.ndarray, offsets_s: np.ndarray) -> None:
        self._recordings = recordings
        self._which = np.asarray(which, np.int64)
        self._offsets_s = np.asarray(offsets_s, np.float64)

    def of(self, device: int) -> Availability:
        return self._recordings[self._which[device]].shifted(float(self._offsets_s[device]))

    def available_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        answers = np.zeros(len(devices), bool)
        for recording, mine in self._players(devices):
            answers[mine] = recording.available_at(t_s + self._offsets_s[devices[mine]])
        return answers

    def next_change_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        changes_s = np.empty(len(devices))
        for recording, mine in self._players(devices):
            offsets_s = self._offsets_s[devices[mine]]
            changes_s[mine] = recording.next_change_at(t_s + offsets_s) - offsets_s
        return np.maximum(changes_s, np.nextafter(t_s, np.inf))

    def _players(self, devices: np.ndarray) -> list[tuple[Windows, np.ndarray]]:
        which = self._which[devices]
        return [(self._recordings[k], np.flatnonzero(which == k)) for k in np.unique(which)]


class Lifetimes:
    """Devices that come and go for good.

    Args:
        joins_s, leaves_s: float64 [devices]; ``inf`` for never.
    """

    def __init__(self, joins_s: np.ndarray, leaves_s: np.ndarray) -> None:
        self._joins_s = np.asarray(joins_s, np.float64)
        self._leaves_s = np.asarray(leaves_s, np.float64)

    def of(self, device: int) -> Availability:
        return lifetime(float(self._joins_s[device]), float(self._leaves_s[device]))

    def available_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        return (self._joins_s[devices] <= t_s) & (t_s < self._leaves_s[devices])

    def next_change_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        joins_s, leaves_s = self._joins_s[devices], self._leaves_s[devices]
        never = leaves_s <= np.maximum(joins_s, t_s)
        return np.where(never, np.inf, np.where(joins_s > t_s, joins_s, leaves_s))


class AllOfFleet:
    """Each device is there when it is in all of ``parts``."""

    def __init__(self, parts: Sequence[FleetAvailability]) -> None:
        self._parts = parts

    def of(self, device: int) -> Availability:
        return AllOf([part.of(device) for part in self._parts])

    def available_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        return np.logical_and.reduce([part.available_many(devices, t_s) for part in self._parts])

    def next_change_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        changes_s = np.array([part.next_change_many(devices, t_s) for part in self._parts])
        away = ~np.array([part.available_many(devices, t_s) for part in self._parts])
        back_s = np.where(away, changes_s, -np.inf).max(0)
        return np.where(away.any(0), back_s, changes_s.min(0))
