"""Last come, first served: the newest message goes first, and may replace older ones."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum

from sim.network.rates.rate import Rate


class Stale(Enum):
    """Which older messages a new one replaces: none, those of its own source, or all."""

    KEPT = "kept"
    OF_SOURCE = "of_source"
    ALL = "all"


@dataclass(slots=True)
class _Waiting:
    flow: Hashable
    source: Hashable
    left_bits: float
    here: bool = True


class LcfsLink:
    """A preemptive last-come-first-served link: a new message takes the link at once; others resume after it.

    The events are those of :class:`sim.network.sharing.SharedLink`; O(1) each. Calls come in time order; an
    arrival at the very moment of an end comes after it.

    Args:
        rate: any rate.
        stale: ``OF_SOURCE`` keeps at most one message of each source, its freshest; ``ALL`` keeps one at all
            (the M/G/1/1 queue with preemption of Kaul, Yates and Gruteser, CISS 2012); ``KEPT`` is the
            classic preemptive-resume discipline (Kleinrock, "Queueing Systems" 1, 1975).
    """

    def __init__(self, rate: Rate, stale: Stale = Stale.OF_SOURCE) -> None:
        self.rate = rate
        self.stale = stale
        self._at_s = 0.0
        self._idle_s = 0.0
        self._credit_bits = 0.0
        self._stack: list[_Waiting] = []
        self._flows: dict[Hashable, _Waiting] = {}
        self._of_source: dict[Hashable, Hashable] = {}
        self._ended: list[tuple[Hashable, float]] = []

    def __len__(self) -> int:
        return len(self._flows)

    def enter(self, now_s: float, flow: Hashable, bits: float, source: Hashable = None) -> list[tuple[Hashable, float]]:
        """Begin a message now; return those it has made stale, with the bits that they had to go.

        A message without ``source`` is the only one of its source.

        Raises:
            ValueError: this flow is here already, or its size is negative.
        """
        if flow in self._flows or not bits >= 0.0:
            raise ValueError(f"flow {flow!r} of {bits!r} bits is here already or makes no sense")
        source = flow if source is None else source
        self._advance(now_s)
        dropped = [(old, self._remove(old)) for old in self._made_stale(source)]
        waiting = _Waiting(flow, source, bits)
        self._stack.append(waiting)
        self._flows[flow] = waiting
        self._of_source[source] = flow
        return dropped

    def leave(self, now_s: float, flow: Hashable) -> float:
        """Abort a message; return the bits that it still had to go.

        Raises:
            KeyError: no such message is here (it may have ended at this very moment).
        """
        self._advance(now_s)
        return self._remove(flow)

    def next_s(self) -> float:
        """Return when the message in service ends if no message enters or leaves; ``inf`` if none will."""
        return self._ended[0][1] if self._ended else self._end_s()

    def complete(self, now_s: float) -> list[tuple[Hashable, float]]:
        """Return the flows that ended up to ``now_s`` and have not been returned yet: (flow, end_s), by end."""
        self._advance(now_s)
        ended, self._ended = self._ended, []
        return ended

    def left_bits(self, now_s: float, flow: Hashable) -> float:
        """Return what a message has to go at ``now_s``, which is not after :meth:`next_s`."""
        waiting = self._flows[flow]
        served_bits = self._served_bits(now_s) if waiting is self._top() else 0.0
        return max(waiting.left_bits - served_bits, 0.0)

    def backlog_bits(self, now_s: float) -> float:
        """Return what all messages have to go at ``now_s``, which is not after :meth:`next_s`; O(n)."""
        return math.fsum(self.left_bits(now_s, flow) for flow in self._flows)

    def busy_s(self, now_s: float) -> float:
        """Return how long, up to ``now_s`` (not after :meth:`next_s`), the link has had something to send."""
        return now_s - self._idle_s - (0.0 if self._flows else now_s - self._at_s)

    def _made_stale(self, source: Hashable) -> list[Hashable]:
        if self.stale is Stale.ALL:
            return list(self._flows)
        stale = self._of_source.get(source) if self.stale is Stale.OF_SOURCE else None
        return [] if stale is None else [stale]

    def _remove(self, flow: Hashable) -> float:
        waiting = self._flows.pop(flow)
        waiting.here = False
        if self._of_source.get(waiting.source) == flow:
            del self._of_source[waiting.source]
        return waiting.left_bits

    def _top(self) -> _Waiting | None:
        while self._stack and not self._stack[-1].here:
            self._stack.pop()
        return self._stack[-1] if self._stack else None

    def _served_bits(self, now_s: float) -> float:
        return self._credit_bits + self.rate.bits(self._at_s, now_s)

    def _end_s(self) -> float:
        top = self._top()
        return self.rate.when(self._at_s, top.left_bits - self._credit_bits) if top else math.inf

    def _advance(self, now_s: float) -> None:
        while (end_s := self._end_s()) <= now_s:
            self._finish(end_s)
        top = self._top()
        if top:
            top.left_bits = max(top.left_bits - self._served_bits(now_s), 0.0)
        else:
            self._idle_s += now_s - self._at_s
        self._credit_bits = 0.0
        self._at_s = now_s

    def _finish(self, end_s: float) -> None:
        top = self._stack[-1]
        if self.rate.grain_bits:
            self._credit_bits = self._served_bits(end_s) - top.left_bits
        self._remove(top.flow)
        self._ended.append((top.flow, end_s))
        self._at_s = end_s
