"""Devices that come every day at their hours, in their own time zone, on the days they come at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.seeding import Purpose, uniforms


@dataclass(frozen=True)
class DailyHours:
    """There for ``length_s`` from ``from_s`` on, local time, on each day that chance picks for this device.

    Attributes:
        zone_s: local time is virtual time plus this; local midnight is a multiple of ``day_s``.
        share: probability to come on a day; each day of each device is a draw of its own.
    """

    device: int
    from_s: float
    length_s: float
    day_s: float
    zone_s: float
    share: float
    seed: int

    def available(self, t_s: float) -> bool:
        """Return whether the device is there at ``t_s``."""
        day, into_s = self._phase_s(t_s)
        return into_s < self.length_s and self._comes(day)

    def next_change_s(self, t_s: float) -> float:
        """Return when its hours next begin or end; it may then stay as it was (a day it does not come)."""
        if self.length_s >= self.day_s and self.share >= 1.0:
            return math.inf
        day, into_s = self._phase_s(t_s)
        edge_s = self.length_s if into_s < self.length_s else self.day_s
        return max(self._start_s(day) + edge_s, math.nextafter(t_s, math.inf))

    def _start_s(self, day: int) -> float:
        return day * self.day_s + self.from_s - self.zone_s

    def _phase_s(self, t_s: float) -> tuple[int, float]:
        """Return the number of the present day, counted from its opening, and how far it is gone [s]."""
        day = math.floor((t_s + self.zone_s - self.from_s) / self.day_s)
        into_s = t_s - self._start_s(day)
        # Rounding may put the very moment of an opening a hair before it.
        return (day + 1, into_s - self.day_s) if into_s >= self.day_s else (day, into_s)

    def _comes(self, day: int) -> bool:
        # Days before 0 (western zones) have numbers of their own.
        number = 2 * day if day >= 0 else -2 * day - 1
        return self.share >= 1.0 or bool(uniforms(self.seed, Purpose.AVAILABILITY, self.device, number) < self.share)
