"""A rate behind a gate: outages on schedule or at random, contact windows, a device that comes and goes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sim.network.availability import Availability
from sim.network.rates.rate import Rate

# So many openings in a row without one bit mean that gate and rate never meet.
_MOST_PERIODS = 100_000


@dataclass(frozen=True, slots=True)
class InterruptedRate:
    """``rate`` while ``availability`` is open, nothing while it is shut: what is under way pauses and goes on.

    A question costs as many steps as there are openings between its two times. What comes later than ``horizon_s``
    never happens, whenever it is: otherwise a rate that is almost none would be followed through all of its openings.
    """

    rate: Rate
    availability: Availability
    horizon_s: float = math.inf

    @property
    def grain_bits(self) -> float:
        return self.rate.grain_bits

    def at(self, t_s: float) -> float:
        return self.rate.at(t_s) if self.availability.available(t_s) else 0.0

    def bits(self, from_s: float, until_s: float) -> float:
        carried = 0.0
        for open_s, shut_s in self._openings(from_s):
            if open_s >= until_s:
                break
            carried += self.rate.bits(open_s, min(shut_s, until_s))
        return carried

    def when(self, from_s: float, bits: float) -> float:
        if bits <= 0.0 or self.rate.when(from_s, bits) == math.inf:
            return from_s if bits <= 0.0 else math.inf
        left, idle = bits, 0
        for open_s, shut_s in self._openings(from_s):
            end_s = self.rate.when(open_s, left)
            if end_s <= shut_s or idle > _MOST_PERIODS:
                return end_s if end_s <= shut_s else math.inf
            carried = self.rate.bits(open_s, shut_s)
            idle = 0 if carried else idle + 1
            left -= carried
            if shut_s > self.horizon_s:
                return math.inf
        return math.inf

    def next_change_s(self, t_s: float) -> float:
        return min(self.rate.next_change_s(t_s), self.availability.next_change_s(t_s))

    def _openings(self, from_s: float) -> Iterator[tuple[float, float]]:
        """Yield the intervals from ``from_s`` on in which the gate is open; the last may be endless."""
        t_s = from_s
        while t_s < math.inf:
            change_s = self.availability.next_change_s(t_s)
            if self.availability.available(t_s):
                yield t_s, change_s
            t_s = change_s
