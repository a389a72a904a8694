"""Links as devices use them: which instance carries a message, and what crossed it."""

from __future__ import annotations

from bisect import bisect_right

from sim.message_log import MessageLog
from sim.network.fifo import FifoLink
from sim.network.rates import Rate


class Line:
    """One direction of a named link: a first-in first-out server per instance, then a latency.

    ``group`` of the devices that use the link share one instance, in device order (1: private).
    """

    def __init__(self, name: str, direction: str, rate: Rate, group: int, header_bytes: float) -> None:
        self.name, self.direction = name, direction
        self.log = MessageLog()
        self.instances = 0
        self._rate, self._group, self._header_bytes = rate, group, round(header_bytes)
        self._devices = 0
        self._first: list[int] = []
        self._rank: list[int] = []
        self._open: dict[int, FifoLink] = {}

    def serve(self, first: int, devices: int) -> None:
        """Let ``devices`` more devices, from ``first`` on, use the line; calls come in device order."""
        self._first.append(first)
        self._rank.append(self._devices)
        self._devices += devices
        self.instances = -(-self._devices // self._group)

    def wire_bytes(self, nbytes: int) -> int:
        """Return what a message of ``nbytes`` weighs on this line, headers included."""
        return nbytes + self._header_bytes

    def send(self, device: int, wire_bytes: int, now_s: float, latency_s: float) -> float:
        """Accept a message now; return when its last bit arrives [s]. Calls come in time order."""
        span = bisect_right(self._first, device) - 1
        instance = (device - self._first[span] + self._rank[span]) // self._group
        server = self._open.get(instance)
        if server is None:
            server = self._open[instance] = FifoLink(self._rate)
        slot = server.admit(now_s, wire_bytes)
        arrive_s = slot.end_s + latency_s
        self.log.add(now_s, slot.start_s, slot.end_s, arrive_s, wire_bytes)
        return arrive_s
