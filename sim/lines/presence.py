"""When a device is there, as far as messages care."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from sim.network.availability import Availability


@dataclass(frozen=True, slots=True)
class Presence:
    """The availability of one device, and what its going away does to a message under way.

    One rule for equal times: a message whose last bit leaves at the very moment the device goes has left.
    """

    availability: Availability
    aborts: bool

    def away_s(self, now_s: float) -> float:
        """Return when the device is next away: now, if it is away already; ``inf`` if it never will be."""
        at_s = now_s
        while at_s < inf and self.availability.available(at_s):
            at_s = self.availability.next_change_s(at_s)
        return at_s

    def back_s(self, now_s: float) -> float:
        """Return when the device is next there: now, if it is; ``inf`` if it never will be."""
        at_s = now_s
        while at_s < inf and not self.availability.available(at_s):
            at_s = self.availability.next_change_s(at_s)
        return at_s

    def absences(self, from_s: float, until_s: float) -> list[tuple[float, float]]:
        """Return the spans (away, back) within an interval in which the device is not there [s]."""
        spans, at_s = [], from_s
        while (away_s := self.away_s(at_s)) < until_s:
            at_s = self.back_s(away_s)
            spans.append((away_s, at_s))
        return spans


#: What finds the presence of a device; None: always there.
PresenceOf = Callable[[int], Presence | None]
