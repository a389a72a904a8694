"""Servers: which of them is free next, and when it is done, through failures on schedule or at random."""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heapreplace
from typing import NamedTuple

from sim.network.availability import Availability
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import Constant


class Service(NamedTuple):
    """One job's time at a server [s]; ``inf`` if the server never comes back."""

    server: int
    start_s: float
    end_s: float


class Servers:
    """Equal servers, each of which does one second of work a second while it is up.

    A job that is under way when its server fails waits there and goes on when it is back: work pauses, it is
    not lost and does not move. An idle server that is down takes no job.

    Args:
        count: how many.
        uptimes: when each of them is up (one for each); none means always, and costs O(log n) instead of O(n).

    Raises:
        ValueError: no server, or another number of gates.
    """

    def __init__(self, count: int, uptimes: Sequence[Availability] = ()) -> None:
        if count < 1 or len(uptimes) not in (0, count):
            raise ValueError(f"{count} servers with {len(uptimes)} gates: at least one server, and a gate for each")
        self.count = count
        self._uptimes = uptimes
        self._speeds = [InterruptedRate(Constant(1.0), uptime) for uptime in uptimes]
        self._free = [(0.0, server) for server in range(count)]

    def soonest_s(self, now_s: float) -> float:
        """Return when the next job could begin, at or after ``now_s``."""
        return self._soonest(now_s)[0]

    def serve(self, now_s: float, work_s: float) -> Service:
        """Give a job to the server that can begin first at or after ``now_s``; return its times."""
        if self._uptimes:
            start_s, server = self._soonest(now_s)
            end_s = self._speeds[server].when(start_s, work_s)
            self._free[server] = (end_s, server)
        else:
            start_s, server = self._free[0]
            if start_s < now_s:
                start_s = now_s
            end_s = start_s + work_s
            heapreplace(self._free, (end_s, server))
        return Service(server, start_s, end_s)

    def _soonest(self, now_s: float) -> tuple[float, int]:
        if not self._uptimes:
            free_s, server = self._free[0]
            return max(free_s, now_s), server
        return min((self._up_s(server, max(free_s, now_s)), server) for free_s, server in self._free)

    def _up_s(self, server: int, t_s: float) -> float:
        """Return the first moment from ``t_s`` on at which a server is up."""
        while t_s < math.inf and not self._uptimes[server].available(t_s):
            t_s = self._uptimes[server].next_change_s(t_s)
        return t_s
