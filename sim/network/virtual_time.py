"""The work left of each flow when all are served at once, each in proportion to its weight.

All flows are measured on one virtual clock: the bits that a flow of weight 1 has been given. A flow is done
when the clock reaches its tag, independent of the rates meanwhile; so an arrival or a departure changes one
number, not all flows (Parekh and Gallager, IEEE/ACM Trans. Networking 1, 1993).
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

# Fewer departures than this do not cost the clock a digit.
_REBASE = 1024


@dataclass(slots=True)
class _Member:
    tag: float
    weight: float
    number: int


class VirtualTime:
    """The flows of one shared resource on their virtual clock. O(log n) for each arrival and departure.

    The clock starts again from 0 when the last flow leaves, and after every n departures, so that no digits are lost
    at any horizon. Of flows that end together, the first to enter leaves first.
    """

    __slots__ = ("_count", "_departures", "_heap", "_members", "_now", "weight")

    def __init__(self) -> None:
        self.weight = 0.0
        self._now = 0.0
        self._count = 0
        self._departures = 0
        self._heap: list[tuple[float, int, Hashable]] = []
        self._members: dict[Hashable, _Member] = {}

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, flow: Hashable) -> bool:
        return flow in self._members

    def enter(self, flow: Hashable, bits: float, weight: float) -> None:
        """Add a flow.

        Raises:
            ValueError: it is here already, its size is negative or its weight is not positive.
        """
        if flow in self._members or not bits >= 0.0 or not 0.0 < weight < math.inf:
            raise ValueError(f"flow {flow!r} ({bits!r} bits, weight {weight!r}) is here already or makes no sense")
        self._count += 1
        member = _Member(self._now + bits / weight, weight, self._count)
        self._members[flow] = member
        self.weight += weight
        heappush(self._heap, (member.tag, member.number, flow))

    def leave(self, flow: Hashable) -> float:
        """Remove a flow before its end; return the bits it still had to go."""
        left_bits = self.left(flow)
        self._departed(self._members.pop(flow))
        return left_bits

    def serve(self, bits: float) -> None:
        """Share ``bits`` among the flows; no flow may end within them."""
        self._now += bits / self.weight

    def bits_to_next(self) -> float:
        """Return how many bits, shared by all, bring the next flow to its end; there must be one."""
        return max(self._head()[0] - self._now, 0.0) * self.weight

    def finish(self) -> Hashable:
        """Serve all up to the end of the next flow, and remove and return it."""
        self._now, _, flow = self._head()
        heappop(self._heap)
        self._departed(self._members.pop(flow))
        return flow

    def weight_of(self, flow: Hashable) -> float:
        """Return the weight of a flow."""
        return self._members[flow].weight

    def left(self, flow: Hashable, served_bits: float = 0.0) -> float:
        """Return the bits that a flow has to go, once ``served_bits`` more have been shared by all."""
        member = self._members[flow]
        return max(member.tag - self._now - served_bits / self.weight, 0.0) * member.weight

    def total_left(self, served_bits: float = 0.0) -> float:
        """Return the bits that all flows have to go, once ``served_bits`` more have been shared by all."""
        return math.fsum(self.left(flow, served_bits) for flow in self._members)

    def _head(self) -> tuple[float, int, Hashable]:
        """Return the first entry whose flow is still here; one that left early stays until it surfaces."""
        while True:
            entry = self._heap[0]
            member = self._members.get(entry[2])
            if member is not None and member.number == entry[1]:
                return entry
            heappop(self._heap)

    def _departed(self, member: _Member) -> None:
        self.weight -= member.weight
        self._departures += 1
        if not self._members:
            self._heap.clear()
            self.weight, self._now, self._departures = 0.0, 0.0, 0
        elif self._departures > max(_REBASE, len(self._members)):
            self._rebase()

    def _rebase(self) -> None:
        for member in self._members.values():
            member.tag -= self._now
        self._heap = [(member.tag, member.number, flow) for flow, member in self._members.items()]
        heapify(self._heap)
        self.weight = math.fsum(member.weight for member in self._members.values())
        self._now = 0.0
        self._departures = 0
