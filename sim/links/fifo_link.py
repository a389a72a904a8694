"""First come, first served: a link on which the end of a message is known as it enters."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sim.links.device_availability import DeviceAvailability
from sim.links.link import Link, LinkSpec
from sim.links.message import Crossing, Hop, Message, TransferOutcome
from sim.network.fifo import FifoLink, Slot
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import Rate
from sim.network.token_bucket import TokenBucket


class QueuedLink(Link):
    """A link that stores a message until those before it have left, then forwards it."""

    def __init__(self, spec: LinkSpec) -> None:
        super().__init__(spec)
        self._links: dict[int, FifoLink] = {}
        # By device: which instance carries its messages, and the link that this is.
        self._own: dict[int, tuple[int, FifoLink]] = {}

    def links_from(self, hop: Hop) -> Sequence[tuple[Link, Hop]]:
        """Return the link itself, for it is a whole stage of a route."""
        return [(self, hop)]

    def carry(self, message: Message, hop: Hop, now_s: float) -> Crossing:
        """Cross the link: when the crossing will end, and how, is known as the message enters.

        A device that goes away blocks the link, or aborts, as its availability says. Calls come in time order.
        """
        transmission = self.cost(message, hop)
        instance, link = self._own.get(message.device) or self.link_of(message.device)
        device_availability = message.device_availability if hop.access else None
        rate, until_s = rate_for(link.rate, device_availability, now_s)
        start_s, end_s, whole = link.admit(
            now_s, transmission.wire_bytes + transmission.retransmitted_bytes, rate, until_s
        )
        if not whole:
            at_s, arrive_s, dropped_s, result = until_s, inf, until_s, TransferOutcome.ABORTED
        else:
            at_s = self.arrives_s(instance, end_s, transmission, message.latency_s[hop.number])
            arrive_s, dropped_s, result = (
                (inf, at_s, TransferOutcome.LOST) if transmission.lost else (at_s, inf, TransferOutcome.ARRIVED)
            )
        self.log.note(
            instance,
            now_s,
            start_s,
            end_s,
            arrive_s,
            dropped_s,
            transmission.wire_bytes,
            transmission.retransmitted_bytes,
        )
        yield at_s
        return at_s, result

    def link_of(self, device: int) -> tuple[int, FifoLink]:
        """Return the instance that carries a device's messages, and the link that it is."""
        instance = self.instance_of(device)
        link = self._links.get(instance)
        if link is None:
            link = self._links[instance] = self._new_link(instance)
        self._own[device] = instance, link
        return instance, link

    def _new_link(self, instance: int) -> FifoLink:
        rate = self.spec.rate_of(instance)
        if self.spec.bucket is None:
            return FifoLink(rate)
        return BucketLink(rate, self.spec.bucket.rate, 8.0 * self.spec.bucket.burst)


class BucketLink(FifoLink):
    """A first-in first-out link of constant rate behind a token bucket."""

    def __init__(self, rate: Rate, refill_bps: float, burst_bits: float) -> None:
        super().__init__(rate)
        self._bucket = TokenBucket(refill_bps, burst_bits, rate.at(0.0))

    def admit(self, now_s: float, nbytes: float, rate: Rate | None = None, until_s: float = inf) -> Slot:
        """Accept a message now. Messages never abort or pause on such a link: the scenario refuses that."""
        start_s, end_s = self._bucket.admit(now_s, nbytes)
        return Slot(start_s, end_s, whole=True)


def rate_for(rate: Rate, device_availability: DeviceAvailability | None, now_s: float) -> tuple[Rate, float]:
    """Return the rate for a message and when it is aborted; a device that pauses blocks the link meanwhile."""
    if device_availability is None:
        return rate, inf
    if device_availability.aborts:
        return rate, device_availability.next_off_s(now_s)
    return InterruptedRate(rate, device_availability.availability, device_availability.horizon_s), inf
