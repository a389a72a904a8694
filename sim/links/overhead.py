"""The cost of a transmission over a link: headers, packets, losses and retransmissions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.seeding import Purpose
from sim.kernel.records import Transmission
from sim.links.message import Hop, Message
from sim.network.loss import LossProcess
from sim.network.losses import LOSSES
from sim.network.transport import Drawing, Framing, Repair, Transport

_REPAIR = {"on": Repair.SELECTIVE, "stop_and_wait": Repair.STOP_AND_WAIT, "off": Repair.NONE}
_LOSS_PURPOSE = {"up": Purpose.UPLINK_LOSS, "down": Purpose.DOWNLINK_LOSS}
#: Attempts of one exchange and hops of one route are kept apart in the key of their draws.
_ATTEMPTS, _HOPS = 64, 16


class WireCost(NamedTuple):
    """The cost of transmitting many messages over one hop: :class:`Transmission` in columns, one entry a message."""

    wire_bytes: np.ndarray
    retransmitted_bytes: np.ndarray
    recovery_delay_s: np.ndarray
    lost: np.ndarray


class Overhead:
    """Computes the cost of messages on one direction of a link."""

    def __init__(self, link: Any, direction: str, seed: int) -> None:
        framing = Framing(round(link.mtu), round(link.packet_header), round(link.header))
        repair = _REPAIR[link.recovery.arq]
        self._transport = Transport(framing, _loss(link.loss), repair)
        self._seed, self._purpose = seed, _LOSS_PURPOSE[direction]
        lossless = self._transport.loss is None or self._transport.loss.mean_loss == 0.0
        plain = lossless and repair is not Repair.STOP_AND_WAIT and not framing.packet_header_bytes
        #: Bytes of a message beyond its payload; None where packets and losses decide.
        self.header_bytes = framing.message_header_bytes if plain else None

    def cost(self, message: Message, hop: Hop) -> Transmission:
        """Return the cost of transmitting ``message`` over this hop, at any attempt."""
        key = np.array([(message.number * _ATTEMPTS + message.attempt) * _HOPS + hop.number])
        device, nbytes = np.array([message.device]), np.array([message.nbytes])
        weights = self._costs(device, key, nbytes, np.array([message.latency_s[hop.number]]))
        return Transmission(*(column.item() for column in weights))

    def costs(
        self,
        device: np.ndarray,
        number: np.ndarray,
        nbytes: np.ndarray,
        latency_s: np.ndarray,
        hop: int,
        attempt: np.ndarray | int = 0,
        drawing: Drawing | None = None,
    ) -> WireCost:
        """Return the cost of messages over a hop, each as :meth:`cost` computes it; ``drawing`` draws what is lost."""
        if self.header_bytes is not None:
            nothing = np.zeros(len(nbytes), np.int64)
            return WireCost(nbytes + self.header_bytes, nothing, np.zeros(len(nbytes)), nothing.astype(bool))
        return self._costs(device, (number * _ATTEMPTS + attempt) * _HOPS + hop, nbytes, latency_s, drawing)

    def _costs(
        self,
        device: np.ndarray,
        key: np.ndarray,
        nbytes: np.ndarray,
        latency_s: np.ndarray,
        drawing: Drawing | None = None,
    ) -> WireCost:
        took = self._transport.transmit(self._seed, self._purpose, device, key, nbytes, drawing)
        again = took.retransmitted_bytes
        return WireCost(took.wire_bytes - again, again, took.round_trips * (2.0 * latency_s), took.lost)


def _loss(loss: Any) -> LossProcess | None:
    name = next(name for name in LOSSES if getattr(loss, name) is not None)
    process: LossProcess | None = LOSSES[name].load()(getattr(loss, name))
    return process
