"""Flows over paths of shared links, at global max-min fair rates, as events."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from heapq import heappop, heappush
from operator import attrgetter

from sim.network.flow_groups import Calendar, FlowGroup
from sim.network.rates.rate import Rate
from sim.network.water_filling import fill

Link = Hashable
Flow = Hashable


class MaxMinNetwork:
    """Links that share their rates among the flows that cross them; each flow runs at its max-min fair rate.

    The same events as :class:`sim.network.sharing.SharedLink`: after each :meth:`enter`, :meth:`leave` or
    :meth:`complete`, wait until :meth:`next_s` and call :meth:`complete` (which may then return nothing: a
    link has only changed its rate). Calls come in time order; an arrival at the very moment of an end comes
    after it. Flows of one path and one cap per weight run on one virtual clock, so a thousand of them cost
    what one costs; an event touches only what is connected to it through other flows; events of one moment
    are settled together. Queries with a time change nothing.

    Args:
        links: the rate of each link, piecewise constant.

    Raises:
        ValueError: a rate comes in packets; share a fluid instead (``Opportunities.smoothed``).
    """

    def __init__(self, links: Mapping[Link, Rate]) -> None:
        for link, rate in links.items():
            if rate.grain_bits:
                raise ValueError(f"link {link!r} carries packets; max-min shares a fluid: smooth its trace")
        self._at_s = 0.0
        self._count = 0
        self._groups: dict[tuple[tuple[Link, ...], float], FlowGroup] = {}
        self._of_flow: dict[Flow, FlowGroup] = {}
        self._stale: dict[FlowGroup, None] = {}
        self._ends = Calendar()
        self._ended: list[tuple[Flow, float]] = []
        self._wires = {link: _Wire(k, rate) for k, (link, rate) in enumerate(links.items())}
        self._changes: list[tuple[float, int, _Wire]] = []

    def __len__(self) -> int:
        return len(self._of_flow)

    def enter(
        self,
        now_s: float,
        flow: Flow,
        bits: float,
        path: Iterable[Link],
        weight: float = 1.0,
        cap_bps: float = math.inf,
    ) -> None:
        """Begin a transfer of ``bits`` over the links of ``path``, at ``cap_bps`` at most.

        Raises:
            ValueError: the flow is under way already, its size is negative, its weight is not positive, its
                path names a link twice, or it has neither links nor a finite cap.
            KeyError: no such link.
        """
        path = tuple(path)
        if flow in self._of_flow or len(set(path)) < len(path) or not cap_bps >= 0.0:
            raise ValueError(f"flow {flow!r} over {path!r}, cap {cap_bps!r}: here already, a loop, or no cap")
        if (not path and cap_bps == math.inf) or not 0.0 < weight < math.inf:
            raise ValueError(f"flow {flow!r} of weight {weight!r} needs a link or a finite cap, and a weight")
        self._advance(now_s)
        group = self._group(path, cap_bps / weight)
        group.advance(now_s)
        self._stale[group] = None
        group.flows.enter(flow, bits, weight)
        self._of_flow[flow] = group

    def leave(self, now_s: float, flow: Flow) -> float:
        """Abort a transfer; return the bits that it still had to go.

        Raises:
            KeyError: no such flow is under way (it may have ended at this very moment).
        """
        self._advance(now_s)
        group = self._of_flow.pop(flow)
        group.advance(now_s)
        self._stale[group] = None
        return group.flows.leave(flow)

    def next_s(self) -> float:
        """Return when the next thing happens by itself: a flow ends or a link in use changes its rate."""
        self._settle()
        return self._ended[0][1] if self._ended else self._event_s(self._at_s)

    def complete(self, now_s: float) -> list[tuple[Flow, float]]:
        """Return the flows that ended up to ``now_s`` and have not been returned yet: (flow, end_s), by end."""
        self._advance(now_s)
        ended, self._ended = self._ended, []
        return ended

    def rate_bps(self, flow: Flow) -> float:
        """Return the rate of a flow from now to the next event."""
        self._settle()
        group = self._of_flow[flow]
        return group.level * group.flows.weight_of(flow)

    def left_bits(self, now_s: float, flow: Flow) -> float:
        """Return what a flow has to go at ``now_s``, which is not after :meth:`next_s`."""
        self._look(now_s)
        group = self._of_flow[flow]
        return group.flows.left(flow, group.served_bits(now_s))

    def backlog_bits(self, now_s: float, link: Link) -> float:
        """Return what all flows over ``link`` have to go at ``now_s`` (not after :meth:`next_s`); O(n)."""
        self._look(now_s)
        crossing = self._wires[link].crossing
        return math.fsum(b.flows.total_left(b.served_bits(now_s)) for b in crossing if b.flows)

    def carried_bits(self, now_s: float, link: Link) -> float:
        """Return what ``link`` has carried up to ``now_s``, which is not after :meth:`next_s`."""
        self._look(now_s)
        wire = self._wires[link]
        return wire.carried_bits + math.fsum(b.carried_bits + b.served_bits(now_s) for b in wire.crossing)

    def _group(self, path: tuple[Link, ...], cap: float) -> FlowGroup:
        if (path, cap) not in self._groups:
            wires = [self._wires[link] for link in path]
            group = self._groups[path, cap] = FlowGroup(path, cap, self._count, self._at_s)
            self._count += 1
            for wire in wires:
                self._watch(wire)
                wire.crossing[group] = None
        return self._groups[path, cap]

    def _watch(self, wire: _Wire) -> None:
        """Follow a link's rate from now on, if no flow has used it until now."""
        if not wire.crossing:
            wire.capacity_bps = wire.rate.at(self._at_s)
            self._expect_change(wire)

    def _expect_change(self, wire: _Wire) -> None:
        change_s = math.inf if wire.expected else wire.rate.next_change_s(self._at_s)
        if change_s < math.inf:
            wire.expected = True
            heappush(self._changes, (change_s, wire.number, wire))

    def _event_s(self, now_s: float) -> float:
        self._look(now_s)
        change_s = self._changes[0][0] if self._changes else math.inf
        return min(self._ends.next_s(), change_s)

    def _advance(self, now_s: float) -> None:
        """Let everything happen up to ``now_s``; at one moment, ends come before changes of rate."""
        while (event_s := self._event_s(now_s)) <= now_s:
            self._at_s = event_s
            if self._ends.next_s() <= event_s:
                self._finish(self._ends.pop())
            else:
                self._change(heappop(self._changes)[2])
        self._at_s = now_s

    def _finish(self, group: FlowGroup) -> None:
        self._stale[group] = None
        for flow in group.finish(self._at_s):
            del self._of_flow[flow]
            self._ended.append((flow, self._at_s))

    def _change(self, wire: _Wire) -> None:
        wire.expected = False
        if not wire.crossing:
            return
        bps = wire.rate.at(self._at_s)
        if bps != wire.capacity_bps:
            wire.capacity_bps = bps
            self._stale.update(wire.crossing)
        self._expect_change(wire)

    def _look(self, now_s: float) -> None:
        """Settle for a query, but not within a moment: a query must not change the last digit."""
        if now_s > self._at_s:
            self._settle()

    def _settle(self) -> None:
        """Give every flow that is connected to a change its new rate, from now on."""
        if not self._stale:
            return
        stale, self._stale = self._stale, {}
        touched, links = self._component(self._kept(stale))
        capacity_bps = {link: self._wires[link].capacity_bps for link in links}
        for group, level in zip(touched, fill(touched, capacity_bps), strict=True):
            if level != group.level or group in stale:
                group.advance(self._at_s)
                group.level = level
                self._ends.expect(group)

    def _kept(self, stale: dict[FlowGroup, None]) -> dict[FlowGroup, None]:
        """Return the groups from which a change spreads; those that have become empty are removed."""
        seeds: dict[FlowGroup, None] = {}
        for group in stale:
            if group.flows:
                seeds[group] = None
                continue
            del self._groups[group.path, group.cap]
            group.version += 1
            for link in group.path:
                self._wires[link].part(group)
                seeds.update(self._wires[link].crossing)
        return {group: None for group in seeds if group.flows}

    def _component(self, seeds: dict[FlowGroup, None]) -> tuple[list[FlowGroup], set[Link]]:
        """Return all groups that are connected with ``seeds`` through links, by age, and those links."""
        reached, links = dict(seeds), set()
        frontier = list(seeds)
        while frontier:
            for link in frontier.pop().path:
                if link not in links:
                    links.add(link)
                    fresh = [group for group in self._wires[link].crossing if group not in reached]
                    reached.update(dict.fromkeys(fresh))
                    frontier += fresh
        return sorted(reached, key=attrgetter("number")), links


class _Wire:
    """The state of a link in the network: its present rate, the flows over it, and what it has carried."""

    __slots__ = ("capacity_bps", "carried_bits", "crossing", "expected", "number", "rate")

    def __init__(self, number: int, rate: Rate) -> None:
        self.number = number
        self.rate = rate
        self.capacity_bps = 0.0
        self.carried_bits = 0.0
        self.crossing: dict[FlowGroup, None] = {}
        self.expected = False

    def part(self, group: FlowGroup) -> None:
        """Remove an empty group; what it carried stays counted."""
        del self.crossing[group]
        self.carried_bits += group.carried_bits
