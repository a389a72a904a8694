"""Virtual time: SimPy's calendar, stories that wait in it, and absolute times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any, TypeAlias

import simpy
from simpy.events import NORMAL

#: The one rule for equal times: what is under way moves first, of exchanges those that were asked for first; then
#: devices ask, then the tick closes the interval (after, until].
ASKS, TICK = NORMAL + 1, NORMAL + 2

#: SimPy's environment and events as they come: what ours are measured against.
SimpyEnvironment: TypeAlias = simpy.Environment
SimpyEvent: TypeAlias = simpy.Event

_UNRANKED = 1 << 62


class CalendarEntry(ABC):
    """What can stand in the calendar without being one of SimPy's events."""

    __slots__ = ()

    @abstractmethod
    def resume(self) -> None:
        """Do what is to be done now that the time has come."""


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

    def start_process(self, generator: ProcessGenerator, priority: int = NORMAL, rank: int | None = None) -> None:
        """Start a story now, within the present event, and resume it at each time or happening it waits for.

        A story may wait for a time in the past: it goes on at once, at the present time. Of stories that wait for
        the same time, one of lower ``rank`` goes first, then those without one in the order in which they began
        to wait; no two stories under way have the same rank.
        """
        Process(self, generator, priority, rank).resume()

    def enter(self, at_s: float, entry: CalendarEntry, priority: int = NORMAL, rank: int | None = None) -> None:
        """Let an entry go on at a time, or now if that has passed."""
        now_s = self._now
        item: Any = (at_s if at_s > now_s else now_s, priority, next(self._eid) if rank is None else rank, entry)
        heappush(self._queue, item)

    def pending_event(self) -> PendingEvent:
        """Return something that will happen."""
        return PendingEvent(self)

    def step(self) -> None:
        """Play what comes next."""
        queue: list[Any] = self._queue
        if queue and isinstance(queue[0][3], CalendarEntry):
            self._now, _, _, entry = heappop(queue)
            entry.resume()
        else:
            super().step()

    def clear(self) -> None:
        """Forget everything that is still to come."""
        self._queue.clear()


class PendingEvent:
    """Something at a time nobody knows yet, for which one story waits."""

    __slots__ = ("_clock", "waiting")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.waiting: Process | None = None

    def succeed(self, value: Any) -> None:
        """Let it happen now: the story that waits for it goes on with ``value``."""
        assert self.waiting is not None, "nobody waits for what happens"
        self.waiting.value = value
        self._clock.enter(self._clock.now, self.waiting)


#: What a story yields: the absolute time it waits for [s], or a happening whose value it wants.
Wait = float | PendingEvent
ProcessGenerator = Generator[Wait, Any, Any]


class Process(CalendarEntry):
    """A light SimPy process: it is its own calendar entry, so that waiting allocates no event.

    Fleets play millions of exchanges; a ``simpy.Process`` with its opening, timeout and closing events
    costs several times as much for the same tale.
    """

    __slots__ = ("_clock", "_priority", "_rank", "_send", "value")

    def __init__(self, clock: Clock, generator: ProcessGenerator, priority: int, rank: int | None) -> None:
        self._clock, self._priority, self._rank = clock, priority, rank
        self._send = generator.send
        #: What the story is told when it goes on.
        self.value: Any = None

    def resume(self) -> None:
        """Tell on, up to the next time or happening that the story waits for."""
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
    """Rings whenever ``next_s`` has come; whoever changes the law calls :meth:`watch` afterwards.

    An alarm that rings too early, because the next thing has moved away since, is harmless: it is set anew.
    """

    __slots__ = ("_clock", "_due_s", "_fire", "_next_s")

    def __init__(self, clock: Clock, next_s: Callable[[], float], fire: Callable[[], None]) -> None:
        self._clock, self._next_s, self._fire = clock, next_s, fire
        self._due_s = inf

    def schedule(self) -> None:
        """Set the alarm to the next thing to happen, unless it is set to something sooner."""
        next_s = self._next_s()
        if next_s < self._due_s:
            self._due_s = next_s
            self._clock.enter(next_s, self)

    def resume(self) -> None:
        """Ring, and set the alarm anew."""
        if self._due_s <= self._clock.now:
            self._due_s = inf
        self._fire()
        self.schedule()
