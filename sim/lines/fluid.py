"""Processor sharing: all messages at once, over one shared line or a path of several."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import inf
from typing import Any, Protocol

from simpy.events import Event

from sim.clock import Clock, Telling
from sim.lines.line import Line, Sending
from sim.lines.message import Crossing, Fate, Hop, Message
from sim.lines.passages import Passage


class FlowLaw(Protocol):
    """How flows share: :class:`SharedLink` or :class:`MaxMinNetwork`."""

    def leave(self, now_s: float, flow: Hashable) -> float: ...

    def next_s(self) -> float: ...

    def complete(self, now_s: float) -> list[tuple[Any, float]]: ...


class Fluid:
    """A law of sharing with an alarm set to the next end of a flow."""

    def __init__(self, clock: Clock, law: Any) -> None:
        self._clock = clock
        self._law: FlowLaw = law
        self._ends: dict[Hashable, Event] = {}
        self._alarm_s = inf

    def enter(self, flow: Hashable, bits: float, **terms: Any) -> Event:
        """Begin a flow now; the event's value is when it ended, or what it had to go when it was broken off."""
        self._law.enter(self._clock.now, flow, bits, **terms)  # type: ignore[attr-defined]
        self._ends[flow] = event = self._clock.event()
        self._watch()
        return event

    def break_off(self, flow: Hashable) -> None:
        """Take a flow out, if it has not ended by now."""
        self._tell_ends()
        if flow in self._ends:
            left_bits = self._law.leave(self._clock.now, flow)
            self._ends.pop(flow).succeed((None, left_bits))
        self._watch()

    def _watch(self) -> None:
        next_s = self._law.next_s()
        if next_s < self._alarm_s:
            self._alarm_s = next_s
            self._clock.play(self._ring(next_s))

    def _ring(self, at_s: float) -> Telling:
        yield at_s
        if at_s == self._alarm_s:
            self._alarm_s = inf
        self._tell_ends()
        self._watch()

    def _tell_ends(self) -> None:
        for flow, end_s in self._law.complete(self._clock.now):
            self._ends.pop(flow).succeed((end_s, 0.0))


class FluidStage:
    """Consecutive ``ps`` lines of a route: a message crosses them as one flow, limited by its scarcest share.

    Args:
        lines: the lines in the order of crossing, each with its hop.
        terms: what the law is told about a flow of a device: weight, path, cap.
    """

    def __init__(self, clock: Clock, lines: Sequence[tuple[Line, Hop]], fluid_of: Any, terms: Any) -> None:
        self._clock, self._lines = clock, lines
        self._fluid_of, self._terms = fluid_of, terms
        self._count = 0

    def carry(self, message: Message, hop: Hop, now_s: float) -> Crossing:
        """Cross all lines of the stage."""
        offers = [line.offer(message, own, now_s) for line, own in self._lines]
        for passage, _ in offers:
            passage.start_s = now_s
        bits = 8.0 * max(sending.wire_bytes + sending.again_bytes for _, sending in offers)
        end_s = yield from self._flow(message, bits, now_s)
        if end_s < 0.0:
            return self._abort(offers)
        at_s, fate = self._land(offers, message, end_s)
        yield at_s
        return at_s, fate

    def _flow(self, message: Message, bits: float, now_s: float) -> Telling:
        """Run the flow, around absences of its device; return when it ended, or -1 if it was aborted."""
        fluid = self._fluid_of(message.device)
        presence = message.presence if any(hop.access for _, hop in self._lines) else None
        while True:
            if presence is not None:
                if presence.aborts and presence.away_s(self._clock.now) <= self._clock.now:
                    return -1.0
                yield presence.back_s(self._clock.now)
            self._count += 1
            flow = (id(self), self._count)
            event = fluid.enter(flow, bits, **self._terms(message.device))
            if presence is not None:
                self._clock.play(_break_off_when_away(self._clock, fluid, flow, presence))
            end_s, bits = yield event
            if end_s is not None:
                return end_s
            if presence is not None and presence.aborts:
                return -1.0

    def _abort(self, offers: Sequence[tuple[Passage, Sending]]) -> tuple[float, Fate]:
        now_s = self._clock.now
        for passage, _ in offers:
            passage.end_s = passage.dropped_s = now_s
        return now_s, Fate.ABORTED

    def _land(
        self, offers: Sequence[tuple[Passage, Sending]], message: Message, end_s: float
    ) -> tuple[float, Fate]:
        """Let the message arrive after the latencies of all lines, or be lost on the first that loses it."""
        at_s, fate = end_s, Fate.ARRIVED
        for (line, hop), (passage, sending) in zip(self._lines, offers, strict=True):
            passage.end_s = end_s
            if fate is not Fate.ARRIVED:
                # Lost before it came here: this line carried its share of the flow in vain.
                passage.dropped_s = at_s
                continue
            left_s, fate = line.land(passage, sending, message.latency_s[hop.number])
            at_s += left_s - end_s
        return at_s, fate


def _break_off_when_away(clock: Clock, fluid: Fluid, flow: Hashable, presence: Any) -> Telling:
    away_s = presence.away_s(clock.now)
    if away_s < inf:
        yield away_s
        fluid.break_off(flow)
