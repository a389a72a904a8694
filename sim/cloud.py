"""The cloud as a queue: workers that serve requests in the order in which they arrive."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush, heapreplace

from agents.contract import Order, Phase, Progress
from sim.lines.message import Crossing, Fate
from sim.lines.passages import Passage, PassageLog
from sim.records import Exchange


class Cloud:
    """A first-in first-out queue before c workers (G/G/c), told as plain arithmetic."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.log = PassageLog(parallel=True)
        self._free_s: list[float] = []
        for _ in range(workers):
            heappush(self._free_s, 0.0)

    def serve(self, x: Exchange, write: Callable[[Order], None]) -> Crossing:
        """Serve a request that has just arrived; the story returns how that ended.

        The worker that is free first takes it (Kiefer and Wolfowitz, 1955).
        """
        start_s = max(x.reached_s, self._free_s[0])
        end_s = start_s + x.luck.service_s
        heapreplace(self._free_s, end_s)
        self.log.add(Passage(0, x.reached_s, 0, start_s, end_s, end_s))
        x.started_s = start_s
        write(Progress(x.ticket, x.device, start_s, Phase.SERVICE))
        yield end_s
        x.served_s = end_s
        return Fate.ARRIVED
