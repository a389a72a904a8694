"""What sending a message over a link takes: headers, packets, losses and what is sent again."""

from __future__ import annotations

from typing import Any

from agents.seeding import Purpose
from sim.lines.line import Sending
from sim.lines.message import Hop, Message
from sim.network.loss import Bernoulli, GilbertElliott, LossProcess
from sim.network.transport import Framing, Repair, Transport

_REPAIR = {"on": Repair.SELECTIVE, "stop_and_wait": Repair.STOP_AND_WAIT, "off": Repair.NONE}
_LUCK = {"up": Purpose.UPLINK_LOSS, "down": Purpose.DOWNLINK_LOSS}
#: Attempts of one exchange and hops of one route are kept apart in the key of their luck.
_ATTEMPTS, _HOPS = 64, 16


class Scales:
    """Weighs messages on one direction of a link."""

    def __init__(self, link: Any, direction: str, seed: int) -> None:
        framing = Framing(round(link.mtu), round(link.packet_header), round(link.header))
        repair = _REPAIR[link.recovery.arq]
        self._transport = Transport(framing, _loss(link.loss), repair)
        self._seed, self._purpose = seed, _LUCK[direction]
        lossless = self._transport.loss is None or self._transport.loss.mean_loss == 0.0
        self._plain = lossless and repair is not Repair.STOP_AND_WAIT and not framing.packet_header_bytes
        self._header_bytes = framing.message_header_bytes

    def weigh(self, message: Message, hop: Hop) -> Sending:
        """Return what sending ``message`` over this hop takes."""
        if self._plain:
            return Sending(message.nbytes + self._header_bytes)
        number = (message.number * _ATTEMPTS + message.attempt) * _HOPS + hop.number
        took = self._transport.carry(self._seed, self._purpose, message.device, number, message.nbytes)
        again = took.retransmitted_bytes
        round_trip_s = 2.0 * message.latency_s[hop.number]
        return Sending(took.wire_bytes - again, again, took.round_trips * round_trip_s, took.lost)


def _loss(loss: Any) -> LossProcess | None:
    if loss.gilbert_elliott is not None:
        channel = loss.gilbert_elliott
        return GilbertElliott(channel.p, channel.r, channel.good, channel.bad)
    return Bernoulli(loss.bernoulli) if loss.bernoulli else None
