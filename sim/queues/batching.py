"""Serving in batches: wait a little for further jobs, then serve all at once."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from sim.network.availability import Availability
from sim.queues.servers import Servers


class Batch(NamedTuple):
    """Jobs that are served together [s]."""

    jobs: tuple[Hashable, ...]
    server: int
    start_s: float
    end_s: float


class BatchServers:
    """A free server takes up to ``max_size`` jobs at once, when so many wait or the oldest has waited enough.

    While all servers are busy the batch stays open. Events: after each :meth:`enter` or :meth:`begin`, wait
    until :meth:`next_s` and call :meth:`begin`, which returns the batches that start, and when each will end.
    Calls come in time order; a job that comes at the very moment a batch starts still joins it.

    Args:
        servers: how many.
        max_size: most jobs of a batch.
        max_wait_s: how long the first waits for others; 0 serves the jobs that are there when a server is free.
        work_s: seconds of work of batch number n (from 0) of so many jobs: ``work_s(size, n)``.
        capacity: most jobs in the system; a job that finds it full is rejected.
        uptimes: when each server is up (none: always).

    Raises:
        ValueError: a size below 1, or a negative wait.
    """

    def __init__(
        self,
        servers: int,
        max_size: int,
        max_wait_s: float,
        work_s: Callable[[int, int], float],
        capacity: float = math.inf,
        uptimes: Sequence[Availability] = (),
    ) -> None:
        if max_size < 1 or not max_wait_s >= 0.0:
            raise ValueError(f"batches of {max_size!r} after {max_wait_s!r} s: at least one job, and no negative wait")
        self.servers = Servers(servers, uptimes)
        self.max_size, self.max_wait_s, self.work_s, self.capacity = max_size, max_wait_s, work_s, capacity
        self._waiting: deque[tuple[float, Hashable]] = deque()
        self._serving: list[tuple[float, int]] = []
        self._batches = 0

    def enter(self, now_s: float, job: Hashable) -> bool:
        """Offer a job now; return whether there is room for it."""
        if self.in_system(now_s) >= self.capacity:
            return False
        self._waiting.append((now_s, job))
        return True

    def next_s(self) -> float:
        """Return when the next batch starts if no other job comes; ``inf`` if none waits."""
        return self.servers.soonest_s(self._ready_s()) if self._waiting else math.inf

    def begin(self, now_s: float) -> list[Batch]:
        """Return the batches that start up to ``now_s``, in the order in which they start."""
        started: list[Batch] = []
        while self._waiting and self.next_s() <= now_s:
            started.append(self._start())
        return started

    def in_system(self, now_s: float) -> int:
        """Return how many jobs wait or are served; one that ends now is gone."""
        self._serving = [(end_s, size) for end_s, size in self._serving if end_s > now_s]
        return len(self._waiting) + sum(size for _, size in self._serving)

    def _ready_s(self) -> float:
        """Return the moment from which the first batch need not wait for further jobs."""
        oldest_s = self._waiting[0][0]
        if len(self._waiting) >= self.max_size:
            return self._waiting[self.max_size - 1][0]
        return oldest_s + self.max_wait_s

    def _start(self) -> Batch:
        ready_s = self._ready_s()
        size = min(len(self._waiting), self.max_size)
        jobs = tuple(self._waiting.popleft()[1] for _ in range(size))
        service = self.servers.serve(ready_s, self.work_s(size, self._batches))
        self._batches += 1
        self._serving.append((service.end_s, size))
        return Batch(jobs, *service)
