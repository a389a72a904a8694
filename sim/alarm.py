"""An alarm for laws that know when the next thing happens by itself."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from sim.clock import Clock, Entry


class Alarm(Entry):
    """Rings whenever ``next_s`` has come; whoever changes the law calls :meth:`watch` afterwards.

    An alarm that rings too early, because the next thing has moved away since, is harmless: it is set anew.
    """

    __slots__ = ("_clock", "_next_s", "_ring", "_set_to_s")

    def __init__(self, clock: Clock, next_s: Callable[[], float], ring: Callable[[], None]) -> None:
        self._clock, self._next_s, self._ring = clock, next_s, ring
        self._set_to_s = inf

    def watch(self) -> None:
        """Set the alarm to the next thing to happen, unless it is set to something sooner."""
        next_s = self._next_s()
        if next_s < self._set_to_s:
            self._set_to_s = next_s
            self._clock.enter(next_s, self)

    def go_on(self) -> None:
        """Ring, and set the alarm anew."""
        if self._set_to_s <= self._clock.now:
            self._set_to_s = inf
        self._ring()
        self.watch()
