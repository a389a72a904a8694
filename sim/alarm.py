"""An alarm for laws that know when the next thing happens by itself."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from sim.clock import Clock, Telling


class Alarm:
    """Rings whenever ``next_s`` has come; whoever changes the law calls :meth:`watch` afterwards.

    An alarm that rings too early, because the next thing has moved away since, is harmless: it is set anew.
    """

    def __init__(self, clock: Clock, next_s: Callable[[], float], ring: Callable[[], None]) -> None:
        self._clock, self._next_s, self._ring = clock, next_s, ring
        self._set_to_s = inf

    def watch(self) -> None:
        """Set the alarm to the next thing to happen, unless it is set to something sooner."""
        next_s = self._next_s()
        if next_s < self._set_to_s:
            self._set_to_s = next_s
            self._clock.play(self._wait(next_s))

    def _wait(self, at_s: float) -> Telling:
        yield at_s
        if at_s == self._set_to_s:
            self._set_to_s = inf
        self._ring()
        self.watch()
