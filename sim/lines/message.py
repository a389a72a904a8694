"""What crosses a line, and what can become of it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sim.clock import Telling
from sim.lines.presence import Presence
from sim.lines.sending import Sending
from sim.records import ABORTED, LOST, REJECTED, SUPERSEDED, Exchange

#: A story that returns (when the crossing ended [s], how).
Crossing = Telling


class Fate(Enum):
    """How a crossing ends."""

    ARRIVED = "arrived"
    LOST = "lost"
    ABORTED = "aborted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


#: What the table says of an exchange whose message did not arrive.
_OUTCOMES = {Fate.LOST: LOST, Fate.ABORTED: ABORTED, Fate.SUPERSEDED: SUPERSEDED, Fate.REJECTED: REJECTED}


def failed(fate: Fate) -> str:
    """Return the outcome of an exchange whose message did not arrive."""
    return _OUTCOMES[fate]


class Message:
    """One message on its way: the request of an exchange (``upwards``), or the update that comes back.

    Attributes:
        device, number: of the exchange; with ``attempt``, the key of the message's luck.
        nbytes: payload, without headers.
        latency_s: one draw for each hop.
        foreseen: what it weighs on each hop, where that was drawn ahead (as for first attempts it can be); else None.
        presence: when its device is there; None for always.
    """

    __slots__ = (
        "attempt",
        "device",
        "exchange",
        "foreseen",
        "latency_s",
        "nbytes",
        "number",
        "presence",
        "upwards",
    )

    def __init__(self, exchange: Exchange, attempt: int, presence: Presence | None, *, upwards: bool) -> None:
        luck = exchange.luck
        self.exchange, self.upwards, self.attempt, self.presence = exchange, upwards, attempt, presence
        self.device, self.number = exchange.device, exchange.number
        if upwards:
            self.nbytes, self.latency_s, foreseen = luck.payload_bytes, luck.up_latency_s, luck.up_foreseen
        else:
            self.nbytes, self.latency_s, foreseen = luck.update_bytes, luck.down_latency_s, luck.down_foreseen
        self.foreseen = None if attempt else foreseen

    def weighed(self, sending: Sending, hop: Hop) -> None:
        """Count what a line sends for it, headers included: all on the first hop, what is sent again on any."""
        x, again_bytes = self.exchange, sending.again_bytes
        if hop.number == 0 and self.upwards:
            x.up_bytes += sending.wire_bytes + again_bytes
        elif hop.number == 0:
            x.down_bytes += sending.wire_bytes + again_bytes
        x.retransmitted_bytes += again_bytes


class Hop(NamedTuple):
    """The place of a line on a route: its number there, and whether the device itself is at one end."""

    number: int
    access: bool
