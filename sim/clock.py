"""Virtual time: SimPy's calendar, stories that wait in it, and absolute times."""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappush
from typing import Any

import simpy
from simpy.events import NORMAL, Event

#: The one rule for equal times: what is under way moves first, then devices ask, then the tick closes the
#: interval (after, until].
ASKS, TICK = NORMAL + 1, NORMAL + 2

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

    def play(self, telling: Telling, priority: int = NORMAL) -> None:
        """Start a story now, within the present event, and resume it at each time or event it waits for.

        A story may wait for a time in the past: it goes on at once, at the present time.
        """
        Story(self, telling, priority)

    def clear(self) -> None:
        """Forget everything that is still to come."""
        self._queue.clear()


class Story:
    """A light SimPy process: it is its own calendar entry, so that waiting allocates no event.

    Fleets play millions of exchanges; a ``simpy.Process`` with its opening, timeout and closing events
    costs about three times as much for the same tale.
    """

    __slots__ = ("_clock", "_priority", "_send", "callbacks")
    _ok = True

    def __init__(self, clock: Clock, telling: Telling, priority: int) -> None:
        self._clock = clock
        self._priority = priority
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
        entry: Any = (max(wait, clock._now), self._priority, next(clock._eid), self)
        heappush(clock._queue, entry)
