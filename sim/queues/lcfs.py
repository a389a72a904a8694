"""Last come, first served by several servers, without preemption."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from sim.network.availability import Availability
from sim.queues.servers import Servers, Service


class _Job(NamedTuple):
    source: Hashable
    work_s: float


class LcfsServers:
    """A server that becomes free takes the job that came last.

    Events: after each :meth:`enter` or :meth:`begin`, wait until :meth:`next_s` and call :meth:`begin`, which
    returns the jobs that start, and when each will end. Calls come in time order. (The preemptive
    discipline is :class:`sim.network.lcfs.LcfsLink` over a rate of 1: one second of work a second.)

    Args:
        servers: how many.
        capacity: most jobs in the system; a job that finds it full is rejected.
        uptimes: when each server is up (none: always).
        drop_stale: a job replaces the waiting one of its source.
    """

    def __init__(
        self,
        servers: int,
        capacity: float = math.inf,
        uptimes: Sequence[Availability] = (),
        *,
        drop_stale: bool = False,
    ) -> None:
        self.servers = Servers(servers, uptimes)
        self.capacity = capacity
        self.drop_stale = drop_stale
        self._waiting: dict[Hashable, _Job] = {}
        self._of_source: dict[Hashable, Hashable] = {}
        self._ends_s: list[float] = []
        self._at_s = 0.0

    def enter(self, now_s: float, job: Hashable, work_s: float, source: Hashable = None) -> tuple[bool, list[Hashable]]:
        """Offer a job; return whether there is room for it, and the waiting jobs that it replaces."""
        self._at_s = now_s
        stale = self._of_source.get(source) if self.drop_stale and source is not None else None
        if stale is None and self.in_system(now_s) >= self.capacity:
            return False, []
        replaced = [] if stale is None else [stale]
        for old in replaced:
            del self._waiting[old]
        self._waiting[job] = _Job(source, work_s)
        self._of_source[source] = job
        return True, replaced

    def next_s(self) -> float:
        """Return when the next job starts if no other comes; ``inf`` if none will."""
        return self.servers.soonest_s(self._at_s) if self._waiting else math.inf

    def begin(self, now_s: float) -> list[tuple[Hashable, Service]]:
        """Return the jobs that start up to ``now_s``, in the order in which they start."""
        started: list[tuple[Hashable, Service]] = []
        while self._waiting and self.next_s() <= now_s:
            name, job = self._waiting.popitem()
            if self._of_source.get(job.source) == name:
                del self._of_source[job.source]
            service = self.servers.serve(self._at_s, job.work_s)
            self._ends_s.append(service.end_s)
            started.append((name, service))
        self._at_s = now_s
        return started

    def in_system(self, now_s: float) -> int:
        """Return how many jobs wait or are served; one that ends now is gone."""
        self._ends_s = [end_s for end_s in self._ends_s if end_s > now_s]
        return len(self._waiting) + len(self._ends_s)
