"""Virtual time: SimPy's calendar, stories that wait in it, and absolute times."""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappush
from itertools import count
from typing import Any

import simpy
from simpy.events import NORMAL, Event

#: The one rule for equal times: what is under way moves first, of exchanges those that were asked for first; then
#: devices ask, then the tick closes the interval (after, until].
ASKS, TICK = NORMAL + 1, NORMAL + 2

_UNRANKED = 1 << 62

#: Something that will happen at a time nobody knows yet; ``succeed(value)`` makes it happen now.
Happening = Event

#: What a story yields: the absolute time it waits for [s], or an event whose value it wants.
Wait = float | Event
Telling = Generator[Wait, Any, Any]


class Clock(simpy.Environment):
    """SimPy's environment with absolute instead of relative times.

    ``now + (at - now)`` is not always ``at`` in floating point. Two events meant for one instant would then
    fall apart, and a time in the tables would differ from the law that gave it; so stories are
    entered into the calendar at the very number that the law computed.
    """

    def __init__(self) -> None:
        super().__init__()
        # Numbers of entries break ties; those of ranked stories come before them.
        self._eid = count(_UNRANKED)

    def play(self, telling: Telling, priority: int = NORMAL, rank: int | None = None) -> None:
        """Start a story now, within the present event, and resume it at each time or event it waits for.

        A story may wait for a time in the past: it goes on at once, at the present time. Of stories that wait for
        the same time, one of lower ``rank`` goes first, then those without one in the order in which they began
        to wait; no two stories under way have the same rank.
        """
        Story(self, telling, priority, rank)

    def clear(self) -> None:
        """Forget everything that is still to come."""
        self._queue.clear()


class Story:
    """A light SimPy process: it is its own calendar entry, so that waiting allocates no event.

    Fleets play millions of exchanges; a ``simpy.Process`` with its opening, timeout and closing events
    costs about three times as much for the same tale.
    """

    __slots__ = ("_clock", "_priority", "_rank", "_send", "callbacks")
    _ok = True

    def __init__(self, clock: Clock, telling: Telling, priority: int, rank: int | None) -> None:
        self._clock = clock
        self._priority = priority
        self._rank = rank
        self._send = telling.send
        self._resume(None)

    def _resume(self, event: Event | None) -> None:
        value = event._value if isinstance(event, Event) else None
        try:
            wait = self._send(value)
        except StopIteration:
            return
        if isinstance(wait, Event):
            if wait.callbacks is None:
                raise RuntimeError("a story waits for an event that has already been processed")
            wait.callbacks.append(self._resume)
            return
        clock = self._clock
        self.callbacks = [self._resume]
        rank = next(clock._eid) if self._rank is None else self._rank
        entry: Any = (max(wait, clock._now), self._priority, rank, self)
        heappush(clock._queue, entry)
