"""What crosses a link, and how that can end."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sim.kernel.calendar import ProcessGenerator
from sim.kernel.records import ABORTED, LOST, REJECTED, SUPERSEDED, Exchange, Transmission
from sim.links.device_availability import DeviceAvailability

#: A process that returns (when the crossing ended [s], how).
Crossing = ProcessGenerator


class TransferOutcome(Enum):
    """How a crossing ends."""

    ARRIVED = "arrived"
    LOST = "lost"
    ABORTED = "aborted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


#: What the table says of an exchange whose message did not arrive.
_OUTCOMES = {
    TransferOutcome.LOST: LOST,
    TransferOutcome.ABORTED: ABORTED,
    TransferOutcome.SUPERSEDED: SUPERSEDED,
    TransferOutcome.REJECTED: REJECTED,
}


def failed(result: TransferOutcome) -> str:
    """Return the outcome of an exchange whose message did not arrive."""
    return _OUTCOMES[result]


class Message:
    """One message on its way: the request of an exchange (``upwards``), or the update that comes back.

    Attributes:
        device, number: of the exchange; with ``attempt``, the key of the message's random draws.
        nbytes: payload, without headers.
        latency_s: one draw for each hop.
        presampled: its cost on each hop, where that was drawn ahead (possible for first attempts only); else None.
        device_availability: when its device is there; None for always.
    """

    __slots__ = (
        "attempt",
        "device",
        "device_availability",
        "exchange",
        "latency_s",
        "nbytes",
        "number",
        "presampled",
        "upwards",
    )

    def __init__(
        self, exchange: Exchange, attempt: int, device_availability: DeviceAvailability | None, *, upwards: bool
    ) -> None:
        draws = exchange.draws
        self.exchange, self.upwards, self.attempt, self.device_availability = (
            exchange,
            upwards,
            attempt,
            device_availability,
        )
        self.device, self.number = exchange.device, exchange.number
        if upwards:
            self.nbytes, self.latency_s, presampled = draws.payload_bytes, draws.up_latency_s, draws.up_presampled
        else:
            self.nbytes, self.latency_s, presampled = draws.update_bytes, draws.down_latency_s, draws.down_presampled
        self.presampled = None if attempt else presampled

    def count_bytes(self, transmission: Transmission, hop: Hop) -> None:
        """Count the bytes that a link sends for it, headers included: all on the first hop, retransmissions on each."""
        x, retransmitted_bytes = self.exchange, transmission.retransmitted_bytes
        if hop.number == 0 and self.upwards:
            x.up_bytes += transmission.wire_bytes + retransmitted_bytes
        elif hop.number == 0:
            x.down_bytes += transmission.wire_bytes + retransmitted_bytes
        x.retransmitted_bytes += retransmitted_bytes


class Hop(NamedTuple):
    """The position of a link on a route: its number, and whether the device is at one end."""

    number: int
    access: bool
