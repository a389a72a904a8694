"""Virtual time: SimPy's calendar, processes that wait in it, and absolute times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any, TypeAlias

import simpy
from simpy.events import NORMAL

#: The one rule for equal times: what is under way moves first, of exchanges those that were asked for first; then
#: devices ask, then the tick closes the interval (after, until].
ASKS, TICK = NORMAL + 1, NORMAL + 2

#: SimPy's own environment and events: the baseline that ours are measured against.
SimpyEnvironment: TypeAlias = simpy.Environment
SimpyEvent: TypeAlias = simpy.Event

_UNRANKED = 1 << 62


class CalendarEntry(ABC):
    """What can stand in the calendar without being one of SimPy's events."""

    __slots__ = ()

    @abstractmethod
    def resume(self) -> None:
        """Act: the time of the entry has come."""


class Clock(simpy.Environment):
    """SimPy's environment with absolute instead of relative times.

    ``now + (at - now)`` is not always ``at`` in floating point. Two events meant for one instant would then
    differ, and a time in the tables would differ from the distribution that gave it; so processes are
    entered into the calendar at exactly the number that was computed.
    """

    def __init__(self) -> None:
        super().__init__()
        # Numbers of entries break ties; those of ranked processes come before them.
        self._eid = count(_UNRANKED)

    def start_process(self, generator: ProcessGenerator, priority: int = NORMAL, rank: int | None = None) -> None:
        """Start a process now, within the present event, and resume it at each time or event it waits for.

        A process may wait for a time in the past: it resumes at once, at the present time. Of processes that wait for
        the same time, one of lower ``rank`` goes first, then those without one in the order in which they began
        to wait; no two active processes have the same rank.
        """
        Process(self, generator, priority, rank).resume()

    def enter(self, at_s: float, entry: CalendarEntry, priority: int = NORMAL, rank: int | None = None) -> None:
        """Resume an entry at a time, or now if that has passed."""
        now_s = self._now
        item: Any = (at_s if at_s > now_s else now_s, priority, next(self._eid) if rank is None else rank, entry)
        heappush(self._queue, item)

    def pending_event(self) -> PendingEvent:
        """Return a new event."""
        return PendingEvent(self)

    def step(self) -> None:
        """Process the next entry."""
        queue: list[Any] = self._queue
        if queue and isinstance(queue[0][3], CalendarEntry):
            self._now, _, _, entry = heappop(queue)
            entry.resume()
        else:
            super().step()

    def clear(self) -> None:
        """Remove all future entries."""
        self._queue.clear()


class PendingEvent:
    """An event at a time that is not known yet; one process waits for it."""

    __slots__ = ("_clock", "waiting")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.waiting: Process | None = None

    def succeed(self, value: Any) -> None:
        """Trigger it now: the process that waits for it resumes with ``value``."""
        assert self.waiting is not None, "no process waits for this event"
        self.waiting.value = value
        self._clock.enter(self._clock.now, self.waiting)


#: What a process yields: the absolute time it waits for [s], or an event whose value it receives.
Wait = float | PendingEvent
ProcessGenerator = Generator[Wait, Any, Any]


class Process(CalendarEntry):
    """A light SimPy process: it is its own calendar entry, so that waiting allocates no event.

    Fleets play millions of exchanges; a ``simpy.Process`` with its opening, timeout and closing events
    costs several times as much for the same result.
    """

    __slots__ = ("_clock", "_priority", "_rank", "_send", "value")

    def __init__(self, clock: Clock, generator: ProcessGenerator, priority: int, rank: int | None) -> None:
        self._clock, self._priority, self._rank = clock, priority, rank
        self._send = generator.send
        #: The value that the process receives when it resumes.
        self.value: Any = None

    def resume(self) -> None:
        """Resume, up to the next time or event that the process waits for."""
        value, self.value = self.value, None
        try:
            wait = self._send(value)
        except StopIteration:
            return
        if isinstance(wait, PendingEvent):
            wait.waiting = self
        else:
            self._clock.enter(wait, self, self._priority, self._rank)


class Timer(CalendarEntry):
    """Fires at each ``_next_s``; after a change of the law the subclass calls :meth:`schedule`.

    A timer may fire too early, if ``_next_s`` has moved to a later time since; it is then set again. It is a base and
    no part: what owned a timer that called it back would wait for the collector of cycles when a run is over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._due_s = clock, inf

    @abstractmethod
    def _next_s(self) -> float:
        """Return the time of the next change [s]; ``inf`` for none."""

    @abstractmethod
    def _fire(self) -> None:
        """Do what is due now."""

    def schedule(self) -> None:
        """Set the timer to the next change, unless it is set to an earlier time."""
        next_s = self._next_s()
        if next_s < self._due_s:
            self._due_s = next_s
            self._clock.enter(next_s, self)

    def resume(self) -> None:
        """Fire, and set the timer again."""
        if self._due_s <= self._clock.now:
            self._due_s = inf
        self._fire()
        self.schedule()
