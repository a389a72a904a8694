"""First come, first served: the line whose future is known the moment a message enters."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sim.lines.line import Line, LineSpec
from sim.lines.message import Crossing, Fate, Hop, Message
from sim.lines.presence import Presence
from sim.network.bucket import TokenBucket
from sim.network.fifo import FifoLink, Slot
from sim.network.gated import Gated
from sim.network.rates import Rate


class FifoLine(Line):
    """A line that stores a message until those before it have left, then forwards it."""

    def __init__(self, spec: LineSpec) -> None:
        super().__init__(spec)
        self._links: dict[int, FifoLink] = {}
        # By device: which instance carries its messages, and the link that this is.
        self._own: dict[int, tuple[int, FifoLink]] = {}

    def lines_from(self, hop: Hop) -> Sequence[tuple[Line, Hop]]:
        """Return the line itself, for it is a whole stage of a route."""
        return [(self, hop)]

    def carry(self, message: Message, hop: Hop, now_s: float) -> Crossing:
        """Cross the line: when the crossing will end, and how, is known as the message enters.

        A device that goes away holds the line, or aborts, as its presence says. Calls come in time order.
        """
        sending = self.weigh(message, hop)
        instance, link = self._own.get(message.device) or self.link_of(message.device)
        presence = message.presence if hop.access else None
        rate, until_s = terms(link.rate, presence, now_s)
        start_s, end_s, whole = link.admit(now_s, sending.wire_bytes + sending.again_bytes, rate, until_s)
        if not whole:
            at_s, arrive_s, dropped_s, fate = until_s, inf, until_s, Fate.ABORTED
        else:
            at_s = self.arrives_s(instance, end_s, sending, message.latency_s[hop.number])
            arrive_s, dropped_s, fate = (inf, at_s, Fate.LOST) if sending.lost else (at_s, inf, Fate.ARRIVED)
        self.log.note(instance, now_s, start_s, end_s, arrive_s, dropped_s, sending.wire_bytes, sending.again_bytes)
        yield at_s
        return at_s, fate

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
        """Accept a message now. Nobody breaks off or pauses on such a link: the scenario refuses that."""
        start_s, end_s = self._bucket.admit(now_s, nbytes)
        return Slot(start_s, end_s, whole=True)


def terms(rate: Rate, presence: Presence | None, now_s: float) -> tuple[Rate, float]:
    """Return the rate for a message and when it is broken off; a device that pauses holds the line meanwhile."""
    if presence is None:
        return rate, inf
    if presence.aborts:
        return rate, presence.away_s(now_s)
    return Gated(rate, presence.availability), inf
