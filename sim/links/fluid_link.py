"""Links on which messages do not simply queue: they share (``ps``), or the newest goes first (``lcfs``)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from math import inf
from typing import Any, NamedTuple, Protocol

from sim.kernel.calendar import Clock, PendingEvent, ProcessGenerator, Timer
from sim.kernel.records import Transmission
from sim.kernel.transfer_log import Transfer
from sim.links.device_availability import DeviceAvailability
from sim.links.link import Link
from sim.links.message import Crossing, Hop, Message, TransferOutcome


class FlowDiscipline(Protocol):
    """The law of flows: :class:`SharedLink`, :class:`MaxMinNetwork` or :class:`LcfsLink`.

    The parameters of ``enter`` differ; it may return the flows that a new one has made stale.
    """

    @property
    def enter(self) -> Callable[..., Any]: ...

    def leave(self, now_s: float, flow: Hashable) -> float: ...

    def next_s(self) -> float: ...

    def complete(self, now_s: float) -> list[tuple[Any, float]]: ...


class FlowEnd(NamedTuple):
    """How a flow ended: complete at ``end_s``, aborted with ``left_bits`` left, or stale."""

    end_s: float
    left_bits: float = 0.0
    stale: bool = False


class Fluid(Timer):
    """A law of flows, with an event for the end of each."""

    def __init__(self, clock: Clock, discipline: FlowDiscipline) -> None:
        super().__init__(clock)
        self._discipline = discipline
        self._ends: dict[Hashable, PendingEvent] = {}

    def enter(self, flow: Hashable, bits: float, flow_parameters: dict[str, Any]) -> PendingEvent:
        """Begin a flow now; the event's value is its :class:`FlowEnd`."""
        now_s = self._clock.now
        stale = self._discipline.enter(now_s, flow, bits, **flow_parameters) or ()
        for old, left_bits in stale:
            self._ends.pop(old).succeed(FlowEnd(now_s, left_bits, stale=True))
        self._ends[flow] = event = self._clock.pending_event()
        self.schedule()
        return event

    def break_off(self, flow: Hashable) -> None:
        """Remove a flow; one that ends at this moment has ended."""
        self._fire()
        if flow in self._ends:
            left_bits = self._discipline.leave(self._clock.now, flow)
            self._ends.pop(flow).succeed(FlowEnd(self._clock.now, left_bits))
        self.schedule()

    def _next_s(self) -> float:
        return self._discipline.next_s()

    def _fire(self) -> None:
        for flow, end_s in self._discipline.complete(self._clock.now):
            self._ends.pop(flow).succeed(FlowEnd(end_s))


class FluidStage:
    """Consecutive links of a route that a message crosses as one flow, limited by its smallest share.

    Args:
        links: the links in the order of crossing, each with its hop.
        fluid_of: the fluid that carries a device's flows.
        flow_parameters_of: the parameters of a device's flow that its law takes: weight, path and cap, or source.
    """

    def __init__(
        self,
        clock: Clock,
        links: Sequence[tuple[Link, Hop]],
        fluid_of: Callable[[int], Fluid],
        flow_parameters_of: Callable[[int], dict[str, Any]],
    ) -> None:
        self._clock, self._links = clock, links
        self._fluid_of, self._flow_parameters_of = fluid_of, flow_parameters_of
        self._access = any(hop.access for _, hop in links)
        self._count = 0

    def links_from(self, hop: Hop) -> Sequence[tuple[Link, Hop]]:
        """Return the links of the stage, each with its hop."""
        return self._links

    def carry(self, message: Message, hop: Hop, now_s: float) -> Crossing:
        """Cross all links of the stage."""
        offers = [link.offer(message, own, now_s) for link, own in self._links]
        for transfer, _ in offers:
            transfer.start_s = now_s
        bits = 8.0 * max(transmission.wire_bytes + transmission.retransmitted_bytes for _, transmission in offers)
        end, result = yield from self._flow(message, bits)
        if result is not TransferOutcome.ARRIVED:
            for transfer, _ in offers:
                transfer.end_s = transfer.dropped_s = end
            return end, result
        at_s, result = self._land(offers, message, end)
        yield at_s
        return at_s, result

    def _flow(self, message: Message, bits: float) -> ProcessGenerator:
        """Run the flow, around absences of its device; return when it ended, and how."""
        device_availability = message.device_availability if self._access else None
        while True:
            if device_availability is not None and (now_s := self._clock.now) >= device_availability.next_off_s(now_s):
                if device_availability.aborts:
                    return now_s, TransferOutcome.ABORTED
                yield device_availability.next_on_s(now_s)
            end: FlowEnd = yield self._begin(message, bits, device_availability)
            if end.stale:
                return end.end_s, TransferOutcome.SUPERSEDED
            if not end.left_bits:
                return end.end_s, TransferOutcome.ARRIVED
            bits = end.left_bits

    def _begin(self, message: Message, bits: float, device_availability: DeviceAvailability | None) -> PendingEvent:
        self._count += 1
        flow = (id(self), self._count)
        fluid = self._fluid_of(message.device)
        event = fluid.enter(flow, bits, self._flow_parameters_of(message.device))
        if device_availability is not None:
            self._clock.start_process(_break_off_when_away(self._clock, fluid, flow, device_availability))
        return event

    def _land(
        self, offers: Sequence[tuple[Transfer, Transmission]], message: Message, end_s: float
    ) -> tuple[float, TransferOutcome]:
        """Let the message arrive after the latencies of all links, or be lost on the first that loses it."""
        at_s, result = end_s, TransferOutcome.ARRIVED
        for (link, hop), (transfer, transmission) in zip(self._links, offers, strict=True):
            transfer.end_s = end_s
            if result is not TransferOutcome.ARRIVED:
                # Lost on an earlier link: this link has carried its share of the flow all the same.
                transfer.dropped_s = at_s
                continue
            arrives_s = link.arrives_s(transfer.instance, end_s, transmission, message.latency_s[hop.number])
            if transmission.lost:
                transfer.dropped_s, result = arrives_s, TransferOutcome.LOST
            else:
                transfer.arrive_s = arrives_s
            at_s += arrives_s - end_s
        return at_s, result


def _break_off_when_away(
    clock: Clock, fluid: Fluid, flow: Hashable, device_availability: DeviceAvailability
) -> ProcessGenerator:
    next_off_s = device_availability.next_off_s(clock.now)
    if next_off_s < inf:
        yield next_off_s
        fluid.break_off(flow)
