"""The cloud as a queue: workers that serve requests in the order in which they arrive."""

from __future__ import annotations

from heapq import heappush, heapreplace

from sim.message_log import MessageLog


class Cloud:
    """A first-in first-out queue before c workers (G/G/c), told as plain arithmetic."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.log = MessageLog()
        self._free_s: list[float] = []
        for _ in range(workers):
            heappush(self._free_s, 0.0)

    def admit(self, now_s: float, service_s: float) -> tuple[float, float]:
        """Accept a request; return when its service starts and ends [s]. Calls come in time order.

        The worker that is free first takes it (Kiefer and Wolfowitz, 1955).
        """
        start_s = max(now_s, self._free_s[0])
        end_s = start_s + service_s
        heapreplace(self._free_s, end_s)
        self.log.add(now_s, start_s, end_s, end_s, 0)
        return start_s, end_s
