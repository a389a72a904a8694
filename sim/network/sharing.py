"""Processor sharing: all messages on one link at once, equal or weighted, under any rate."""

from __future__ import annotations

import math
from collections.abc import Hashable

from sim.network.rates.rate import Rate
from sim.network.virtual_time import VirtualTime


class SharedLink:
    """One bottleneck that gives each flow its share of the rate in proportion to its weight.

    Event-driven: after each :meth:`enter`, :meth:`leave` or :meth:`complete`, wait until :meth:`next_s` and
    call :meth:`complete`. Calls come in time order; an arrival at the very moment of an end comes after it.
    O(log n) an event; end times are exact (a few units in the last place) at any horizon. Queries change
    nothing, so that reading a link does not change its digest.

    Over a packet link (``rate.grain_bits > 0``) each opportunity is shared in the same proportions.

    Source: Kleinrock, "Time-shared systems: a theoretical treatment", J. ACM 14 (1967).
    """

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._flows = VirtualTime()
        self._at_s = 0.0
        self._idle_s = 0.0
        self._credit_bits = 0.0
        self._next_s: float | None = None
        self._ended: list[tuple[Hashable, float]] = []

    def __len__(self) -> int:
        return len(self._flows)

    def enter(self, now_s: float, flow: Hashable, bits: float, weight: float = 1.0) -> None:
        """Begin a transfer of ``bits`` now.

        Raises:
            ValueError: this flow is under way already, the size is negative or the weight not positive.
        """
        self._advance(now_s)
        self._flows.enter(flow, bits, weight)
        self._next_s = None

    def leave(self, now_s: float, flow: Hashable) -> float:
        """Abort a transfer; return the bits that it still had to go.

        Raises:
            KeyError: no such flow is under way (it may have ended at this very moment).
        """
        self._advance(now_s)
        self._next_s = None
        return self._flows.leave(flow)

    def next_s(self) -> float:
        """Return when the next flow ends if no flow enters or leaves; ``inf`` if none will."""
        return self._ended[0][1] if self._ended else self._end_s()

    def complete(self, now_s: float) -> list[tuple[Hashable, float]]:
        """Return the flows that ended up to ``now_s`` and have not been returned yet: (flow, end_s), by end."""
        self._advance(now_s)
        ended, self._ended = self._ended, []
        return ended

    def left_bits(self, now_s: float, flow: Hashable) -> float:
        """Return what a flow has to go at ``now_s``, which is not after :meth:`next_s`."""
        return self._flows.left(flow, self._served_bits(now_s))

    def backlog_bits(self, now_s: float) -> float:
        """Return what all flows have to go at ``now_s``, which is not after :meth:`next_s`; O(n)."""
        return self._flows.total_left(self._served_bits(now_s)) if self._flows else 0.0

    def busy_s(self, now_s: float) -> float:
        """Return how long, up to ``now_s`` (not after :meth:`next_s`), the link has had something to send."""
        return now_s - self._idle_s - (0.0 if self._flows else now_s - self._at_s)

    def _served_bits(self, now_s: float) -> float:
        return self._credit_bits + self.rate.bits(self._at_s, now_s)

    def _end_s(self) -> float:
        if self._next_s is None:
            self._next_s = math.inf
            if self._flows:
                self._next_s = self.rate.when(self._at_s, self._flows.bits_to_next() - self._credit_bits)
        return self._next_s

    def _advance(self, now_s: float) -> None:
        """Serve all flows up to ``now_s``, and end those that end by then."""
        while (end_s := self._end_s()) <= now_s:
            self._finish(end_s)
        if self._flows:
            self._flows.serve(self._served_bits(now_s))
        else:
            self._idle_s += now_s - self._at_s
        self._credit_bits = 0.0
        self._at_s = now_s

    def _finish(self, end_s: float) -> None:
        if self.rate.grain_bits:
            self._credit_bits = self._served_bits(end_s) - self._flows.bits_to_next()
        self._ended.append((self._flows.finish(), end_s))
        self._at_s = end_s
        self._next_s = None
