"""Processor sharing by several servers: all jobs at once, none faster than one server."""

from __future__ import annotations

import math
from collections.abc import Hashable

from sim.network.availability import Always, Availability
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import Constant
from sim.network.virtual_time import VirtualTime


class SharedServers:
    """n jobs run at min(1, servers / n) seconds of work a second each.

    The events are those of :class:`sim.network.sharing.SharedLink`, O(log n) each: after each :meth:`enter`
    or :meth:`complete`, wait until :meth:`next_s` and call :meth:`complete`.

    Args:
        servers: how many.
        capacity: most jobs at once; a job that finds it full is rejected.
        uptime: when the servers are up, all together; work pauses while they are down.

    Source: Kleinrock, "Queueing Systems" 2 (1976), chapter 4.
    """

    def __init__(self, servers: int, capacity: float = math.inf, uptime: Availability | None = None) -> None:
        self.servers = servers
        self.capacity = capacity
        self._uptime = InterruptedRate(Constant(1.0), uptime) if uptime else InterruptedRate(Constant(1.0), Always())
        self._jobs = VirtualTime()
        self._at_s = 0.0
        self._next_s: float | None = None
        self._ended: list[tuple[Hashable, float]] = []

    def __len__(self) -> int:
        return len(self._jobs)

    def enter(self, now_s: float, job: Hashable, work_s: float) -> bool:
        """Offer a job now; return whether there is room for it.

        Raises:
            ValueError: the job is here already, or its work is negative.
        """
        self._advance(now_s)
        if len(self._jobs) >= self.capacity:
            return False
        self._jobs.enter(job, work_s, 1.0)
        self._next_s = None
        return True

    def next_s(self) -> float:
        """Return when the next job ends if no job enters or leaves; ``inf`` if none will."""
        return self._ended[0][1] if self._ended else self._end_s()

    def complete(self, now_s: float) -> list[tuple[Hashable, float]]:
        """Return the jobs that ended up to ``now_s`` and have not been returned yet: (job, end_s), by end."""
        self._advance(now_s)
        ended, self._ended = self._ended, []
        return ended

    def _speed(self) -> float:
        return float(min(len(self._jobs), self.servers))

    def _end_s(self) -> float:
        if self._next_s is None:
            self._next_s = math.inf
            if self._jobs:
                self._next_s = self._uptime.when(self._at_s, self._jobs.bits_to_next() / self._speed())
        return self._next_s

    def _advance(self, now_s: float) -> None:
        while (end_s := self._end_s()) <= now_s:
            self._ended.append((self._jobs.finish(), end_s))
            self._at_s = end_s
            self._next_s = None
        if self._jobs:
            self._jobs.serve(self._speed() * self._uptime.bits(self._at_s, now_s))
        self._at_s = now_s
