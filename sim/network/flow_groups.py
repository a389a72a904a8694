"""Flows with the same path and parameters, and the calendar of their ends."""

from __future__ import annotations

import math
from collections.abc import Hashable
from heapq import heapify, heappop, heappush

from sim.network.virtual_time import VirtualTime


class FlowGroup:
    """Flows of one path and one cap per weight: under max-min fairness they all run at one level.

    ``level`` is the rate per unit of weight [bit/s] since ``at_s``; ``number`` orders groups by age.
    """

    __slots__ = ("at_s", "cap", "carried_bits", "flows", "level", "number", "path", "version")

    def __init__(self, path: tuple[Hashable, ...], cap: float, number: int, at_s: float) -> None:
        self.path = path
        self.cap = cap
        self.number = number
        self.at_s = at_s
        self.level = 0.0
        self.carried_bits = 0.0
        self.flows = VirtualTime()
        self.version = 0

    @property
    def weight(self) -> float:
        return self.flows.weight

    def served_bits(self, now_s: float) -> float:
        """Return what all flows together have been given since ``at_s``."""
        return self.level * self.flows.weight * (now_s - self.at_s)

    def advance(self, now_s: float) -> None:
        """Serve the flows at the present level up to ``now_s``; none may end before."""
        if self.flows and now_s > self.at_s:
            served_bits = self.served_bits(now_s)
            self.flows.serve(served_bits)
            self.carried_bits += served_bits
        self.at_s = now_s

    def finish(self, now_s: float) -> list[Hashable]:
        """Serve the flows up to the first end, which is now; remove and return all flows that end."""
        self.carried_bits += self.flows.bits_to_next()
        self.at_s = now_s
        ended = [self.flows.finish()]
        while self.flows and self.flows.bits_to_next() == 0.0:
            ended.append(self.flows.finish())
        return ended

    def next_s(self) -> float:
        """Return when the next flow ends at the present level; ``inf`` if none will."""
        if not self.flows:
            return math.inf
        bits = self.flows.bits_to_next()
        if bits == 0.0:
            return self.at_s
        return self.at_s + bits / (self.level * self.flows.weight) if self.level else math.inf


class Calendar:
    """When the next flow of each group ends. An entry counts only while it is its group's latest."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int, FlowGroup]] = []
        self._limit = 64

    def expect(self, group: FlowGroup) -> None:
        """Replace the expected end of ``group`` by its next one."""
        group.version += 1
        end_s = group.next_s()
        if end_s < math.inf:
            heappush(self._heap, (end_s, group.number, group.version, group))
        if len(self._heap) > self._limit:
            self._purge()

    def next_s(self) -> float:
        """Return when the next flow ends; ``inf`` if none will."""
        while self._heap and self._heap[0][3].version != self._heap[0][2]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf

    def pop(self) -> FlowGroup:
        """Return the group of the next end, which :meth:`next_s` has just returned."""
        return heappop(self._heap)[3]

    def _purge(self) -> None:
        self._heap = [entry for entry in self._heap if entry[3].version == entry[2]]
        heapify(self._heap)
        self._limit = 2 * len(self._heap) + 64
