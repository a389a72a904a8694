"""First come, first served: the line whose future is known the moment a message enters."""

from __future__ import annotations

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

    def carry(self, message: Message, hop: Hop, now_s: float) -> Crossing:
        """Cross the line. A device that goes away holds the line, or aborts, as its presence says."""
        passage, sending = self.offer(message, hop, now_s)
        link = self._link(passage.instance)
        rate, until_s = _terms(link.rate, message.presence if hop.access else None, now_s)
        slot = link.admit(now_s, sending.wire_bytes + sending.again_bytes, rate, until_s)
        passage.start_s, passage.end_s = slot.start_s, slot.end_s
        if not slot.whole:
            passage.dropped_s = until_s
            yield until_s
            return until_s, Fate.ABORTED
        at_s, fate = self.land(passage, sending, message.latency_s[hop.number])
        yield at_s
        return at_s, fate

    def _link(self, instance: int) -> FifoLink:
        link = self._links.get(instance)
        if link is None:
            link = self._links[instance] = self._new_link(instance)
        return link

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
        return Slot(0, now_s, start_s, end_s, nbytes, 0.0, self.rate, until_s, whole=True)


def _terms(rate: Rate, presence: Presence | None, now_s: float) -> tuple[Rate, float]:
    """Return the rate for a message and when it is broken off."""
    if presence is None:
        return rate, inf
    if presence.aborts:
        return rate, presence.away_s(now_s)
    return Gated(rate, presence.availability), inf
