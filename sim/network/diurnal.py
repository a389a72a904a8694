"""Devices that keep the hours of the day, each in its own time zone, by habit and by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from agents.seeding import Purpose, uniforms

DAY_S = 86_400.0
# A chance that has not come in so many slots (a century of hours) will not.
_SLOTS_AT_MOST = 1_000_000
_LEAP = 256


class DiurnalFleet:
    """Each device is there in each slot of its local day with that slot's probability, independently.

    Probabilities 0 and 1 make fixed hours; others thin them at random. Whether a device is there in slot k of
    the run is one draw of (device, k): nothing is remembered, and any moment costs the same.

    Args:
        profile: probabilities of equal slots that fill the day (24 of them are hours).
        zones_s: float64 [devices]; local time is virtual time plus this, and the run starts at midnight UTC.

    Raises:
        ValueError: an empty profile, or one with anything but probabilities.
    """

    def __init__(
        self,
        profile: Sequence[float],
        zones_s: np.ndarray,
        seed: int,
        purpose: Purpose = Purpose.AVAILABILITY,
    ) -> None:
        self._profile = np.asarray(profile, np.float64)
        if not len(self._profile) or not np.all((self._profile >= 0.0) & (self._profile <= 1.0)):
            raise ValueError(f"a day needs slots with probabilities in [0, 1], got {list(profile)!r}")
        self._slot_s = DAY_S / len(self._profile)
        certain = np.isin(self._profile, (0.0, 1.0)).all()
        self._slots_at_most = len(self._profile) if certain else _SLOTS_AT_MOST
        # Whole days keep slot numbers of western zones from being negative.
        self._zones_s = np.asarray(zones_s, np.float64) + DAY_S
        self._seed, self._purpose = seed, purpose

    def of(self, device: int) -> DiurnalDevice:
        return DiurnalDevice(self, device)

    def available_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        return self._there(devices, self._slot(devices, t_s))

    def next_change_many(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        devices = np.asarray(devices)
        slots = self._slot(devices, t_s)
        now = self._there(devices, slots)
        changed = slots + 1
        staying = np.flatnonzero(self._there(devices, changed) == now)
        while len(staying) and (changed[staying] - slots[staying]).max() < self._slots_at_most:
            changed[staying] = self._leap(devices[staying], changed[staying], now[staying])
            staying = staying[self._there(devices[staying], changed[staying]) == now[staying]]
        change_s = np.maximum(changed * self._slot_s - self._zones_s[devices], math.nextafter(t_s, math.inf))
        change_s[staying] = np.inf
        return change_s

    def _leap(self, devices: np.ndarray, slots: np.ndarray, now: np.ndarray) -> np.ndarray:
        """Return the first slot of the next few that differs from ``now``, or the last of them."""
        ahead = slots[:, None] + np.arange(1, max(_LEAP, len(self._profile)) + 1)
        differs = self._there(devices[:, None], ahead) != now[:, None]
        differs[:, -1] = True
        return np.asarray(ahead[np.arange(len(slots)), differs.argmax(1)])

    def _slot(self, devices: np.ndarray, t_s: float) -> np.ndarray:
        return np.floor((t_s + self._zones_s[devices]) / self._slot_s).astype(np.int64)

    def _there(self, devices: np.ndarray, slots: np.ndarray) -> np.ndarray:
        u = uniforms(self._seed, self._purpose, devices, slots)
        return np.asarray(u < self._profile[slots % len(self._profile)])


class DiurnalDevice:
    """The hours of one device of a :class:`DiurnalFleet`."""

    __slots__ = ("_device", "_fleet")

    def __init__(self, fleet: DiurnalFleet, device: int) -> None:
        self._fleet = fleet
        self._device = np.array([device])

    def available(self, t_s: float) -> bool:
        return bool(self._fleet.available_many(self._device, t_s)[0])

    def next_change_s(self, t_s: float) -> float:
        return float(self._fleet.next_change_many(self._device, t_s)[0])
