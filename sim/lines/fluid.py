"""Lines on which messages do not simply queue: they share (``ps``), or the freshest goes first (``lcfs``)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from math import inf
from typing import Any, NamedTuple, Protocol

from sim.alarm import Alarm
from sim.clock import Clock, Happening, Telling
from sim.lines.line import Line
from sim.lines.message import Crossing, Fate, Hop, Message
from sim.lines.passages import Passage
from sim.lines.presence import Presence
from sim.lines.sending import Sending


class FlowLaw(Protocol):
    """How flows get on: :class:`SharedLink`, :class:`MaxMinNetwork` or :class:`LcfsLink`.

    Their ``enter`` takes other terms each, and may return the flows that a new one has made stale.
    """

    @property
    def enter(self) -> Callable[..., Any]: ...

    def leave(self, now_s: float, flow: Hashable) -> float: ...

    def next_s(self) -> float: ...

    def complete(self, now_s: float) -> list[tuple[Any, float]]: ...


class FlowEnd(NamedTuple):
    """How a flow came to its end: whole at ``end_s``, broken off with ``left_bits`` to go, or made stale."""

    end_s: float
    left_bits: float = 0.0
    stale: bool = False


class Fluid:
    """A law of flows, with an event for the end of each."""

    def __init__(self, clock: Clock, law: FlowLaw) -> None:
        self._clock, self._law = clock, law
        self._ends: dict[Hashable, Happening] = {}
        self._alarm = Alarm(clock, law.next_s, self._tell_ends)

    def enter(self, flow: Hashable, bits: float, terms: dict[str, Any]) -> Happening:
        """Begin a flow now; the event's value is its :class:`FlowEnd`."""
        now_s = self._clock.now
        stale = self._law.enter(now_s, flow, bits, **terms) or ()
        for old, left_bits in stale:
            self._ends.pop(old).succeed(FlowEnd(now_s, left_bits, stale=True))
        self._ends[flow] = event = self._clock.happening()
        self._alarm.watch()
        return event

    def break_off(self, flow: Hashable) -> None:
        """Take a flow out; one that ends at this very moment has ended."""
        self._tell_ends()
        if flow in self._ends:
            left_bits = self._law.leave(self._clock.now, flow)
            self._ends.pop(flow).succeed(FlowEnd(self._clock.now, left_bits))
        self._alarm.watch()

    def _tell_ends(self) -> None:
        for flow, end_s in self._law.complete(self._clock.now):
            self._ends.pop(flow).succeed(FlowEnd(end_s))


class FluidStage:
    """Consecutive lines of a route that a message crosses as one flow, limited by its scarcest share.

    Args:
        lines: the lines in the order of crossing, each with its hop.
        fluid_of: the fluid that carries a device's flows.
        terms_of: what its law is told about a device's flow: weight, path and cap, or source.
    """

    def __init__(
        self,
        clock: Clock,
        lines: Sequence[tuple[Line, Hop]],
        fluid_of: Callable[[int], Fluid],
        terms_of: Callable[[int], dict[str, Any]],
    ) -> None:
        self._clock, self._lines = clock, lines
        self._fluid_of, self._terms_of = fluid_of, terms_of
        self._access = any(hop.access for _, hop in lines)
        self._count = 0

    def lines_from(self, hop: Hop) -> Sequence[tuple[Line, Hop]]:
        """Return the lines of the stage; each knows its hop."""
        return self._lines

    def carry(self, message: Message, hop: Hop, now_s: float) -> Crossing:
        """Cross all lines of the stage."""
        offers = [line.offer(message, own, now_s) for line, own in self._lines]
        for passage, _ in offers:
            passage.start_s = now_s
        bits = 8.0 * max(sending.wire_bytes + sending.again_bytes for _, sending in offers)
        end, fate = yield from self._flow(message, bits)
        if fate is not Fate.ARRIVED:
            for passage, _ in offers:
                passage.end_s = passage.dropped_s = end
            return end, fate
        at_s, fate = self._land(offers, message, end)
        yield at_s
        return at_s, fate

    def _flow(self, message: Message, bits: float) -> Telling:
        """Run the flow, around absences of its device; return when it ended, and how."""
        presence = message.presence if self._access else None
        while True:
            if presence is not None and (now_s := self._clock.now) >= presence.away_s(now_s):
                if presence.aborts:
                    return now_s, Fate.ABORTED
                yield presence.back_s(now_s)
            end: FlowEnd = yield self._begin(message, bits, presence)
            if end.stale:
                return end.end_s, Fate.SUPERSEDED
            if not end.left_bits:
                return end.end_s, Fate.ARRIVED
            bits = end.left_bits

    def _begin(self, message: Message, bits: float, presence: Presence | None) -> Happening:
        self._count += 1
        flow = (id(self), self._count)
        fluid = self._fluid_of(message.device)
        event = fluid.enter(flow, bits, self._terms_of(message.device))
        if presence is not None:
            self._clock.play(_break_off_when_away(self._clock, fluid, flow, presence))
        return event

    def _land(self, offers: Sequence[tuple[Passage, Sending]], message: Message, end_s: float) -> tuple[float, Fate]:
        """Let the message arrive after the latencies of all lines, or be lost on the first that loses it."""
        at_s, fate = end_s, Fate.ARRIVED
        for (line, hop), (passage, sending) in zip(self._lines, offers, strict=True):
            passage.end_s = end_s
            if fate is not Fate.ARRIVED:
                # Lost before it came here: this line carried its share of the flow in vain.
                passage.dropped_s = at_s
                continue
            arrives_s = line.arrives_s(passage.instance, end_s, sending, message.latency_s[hop.number])
            if sending.lost:
                passage.dropped_s, fate = arrives_s, Fate.LOST
            else:
                passage.arrive_s = arrives_s
            at_s += arrives_s - end_s
        return at_s, fate


def _break_off_when_away(clock: Clock, fluid: Fluid, flow: Hashable, presence: Presence) -> Telling:
    away_s = presence.away_s(clock.now)
    if away_s < inf:
        yield away_s
        fluid.break_off(flow)
