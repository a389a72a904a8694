"""First come, first served by several servers, with finite or unlimited capacity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace

from sim.network.availability import Availability
from sim.queues.servers import Servers, Service


class FifoServers:
    """Jobs are served in the order of arrival, each by the server that is free first.

    Calls come in time order.

    Args:
        servers: how many.
        capacity: most jobs in the system, in service or waiting; a job that finds it full is rejected.
        uptimes: when each server is up (none: always).

    Source: Kiefer and Wolfowitz, Trans. AMS 78 (1955); with ``capacity == servers``, Erlang's loss system.
    """

    def __init__(self, servers: int, capacity: float = math.inf, uptimes: Sequence[Availability] = ()) -> None:
        self.servers = Servers(servers, uptimes)
        self.capacity = capacity
        self._ends_s: list[float] = []

    def admit(self, now_s: float, work_s: float) -> Service | None:
        """Take a job now; return when it starts and ends, or None if there is no room."""
        if self.capacity < math.inf and self.in_system(now_s) >= self.capacity:
            return None
        service = self.servers.serve(now_s, work_s)
        if self._ends_s and self._ends_s[0] <= now_s:
            heapreplace(self._ends_s, service.end_s)
        else:
            heappush(self._ends_s, service.end_s)
        return service

    def in_system(self, now_s: float) -> int:
        """Return how many jobs wait or are served; one that ends now is gone."""
        while self._ends_s and self._ends_s[0] <= now_s:
            heappop(self._ends_s)
        return len(self._ends_s)
