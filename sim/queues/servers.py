"""Servers: which of them is free next, and when it is done, through failures on schedule or at random."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapreplace
from typing import NamedTuple

from sim.network.availability import Availability
from sim.network.gated import Gated
from sim.network.rates import Constant


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
        gates: when each of them is up (one for each); none means always, and costs O(log n) instead of O(n).

    Raises:
        ValueError: no server, or another number of gates.
    """

    def __init__(self, count: int, gates: Sequence[Availability] = ()) -> None:
        if count < 1 or len(gates) not in (0, count):
            raise ValueError(
                f"{count} servers with {len(gates)} gates: at least one server, and a gate for each"
            )
        self.count = count
        self._gates = gates
        self._speeds = [Gated(Constant(1.0), gate) for gate in gates]
        self._free = [(0.0, server) for server in range(count)]
        self._booked_s = 0.0

    def soonest(self, now_s: float) -> Service:
        """Return the server that can begin first at or after ``now_s``, and when; its end is not yet known."""
        if not self._gates:
            free_s, server = self._free[0]
            return Service(server, max(free_s, now_s), 0.0)
        start_s, server = min(
            (self._up_s(server, max(free_s, now_s)), server) for free_s, server in self._free
        )
        return Service(server, start_s, 0.0)

    def occupy(self, soonest: Service, work_s: float) -> Service:
        """Give a job of ``work_s`` to the server that :meth:`soonest` has just named; return its times."""
        server, start_s, _ = soonest
        if not self._gates:
            end_s = start_s + work_s
            heapreplace(self._free, (end_s, server))
        else:
            end_s = self._speeds[server].when(start_s, work_s)
            self._free[server] = (end_s, server)
        self._booked_s += end_s - start_s
        return Service(server, start_s, end_s)

    def busy_s(self, now_s: float) -> float:
        """Return the server-seconds occupied up to ``now_s`` by jobs told to :meth:`occupy`, failures included."""
        return self._booked_s - sum(max(free_s - now_s, 0.0) for free_s, _ in self._free)

    def _up_s(self, server: int, t_s: float) -> float:
        """Return the first moment from ``t_s`` on at which a server is up."""
        while t_s < float("inf") and not self._gates[server].available(t_s):
            t_s = self._gates[server].next_change_s(t_s)
        return t_s
