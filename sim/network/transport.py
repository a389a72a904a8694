"""What messages cost on a lossy path: packets, headers, and what is sent again. Arrays hold one entry a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.network.loss import LossProcess

#: Room for the draws of one message: 2 for each of 2**25 packets sent.
DRAWS_PER_EXCHANGE = 1 << 26
#: Packets that are drawn at once: their uniforms fit the processor's cache.
_PACKETS = 1 << 16


@dataclass(frozen=True)
class Framing:
    """How a message is cut into packets.

    Attributes:
        mtu_bytes: size of a full packet, its header included.
        packet_header_bytes: header of each packet.
        message_header_bytes: header of the message, which travels within its packets.

    Raises:
        ValueError: headers that are negative or leave no room in a packet.
    """

    mtu_bytes: int = 1500
    packet_header_bytes: int = 0
    message_header_bytes: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.packet_header_bytes < self.mtu_bytes or self.message_header_bytes < 0:
            raise ValueError(
                f"headers of {self.packet_header_bytes} and {self.message_header_bytes} bytes "
                f"do not fit packets of {self.mtu_bytes} bytes"
            )

    def packets(self, nbytes: np.ndarray) -> np.ndarray:
        """Return how many packets each message takes, int64; an empty one still takes one."""
        room_bytes = self.mtu_bytes - self.packet_header_bytes
        return np.maximum(-(-(nbytes + self.message_header_bytes) // room_bytes), 1)

    def wire_bytes(self, nbytes: np.ndarray) -> np.ndarray:
        """Return the bytes of all packets of each message, int64, headers included."""
        return np.asarray(nbytes + self.message_header_bytes + self.packets(nbytes) * self.packet_header_bytes)


class Repair(Enum):
    """What is done about lost packets, and the time it takes beyond their retransmission.

    NONE: nothing; a message that has lost a packet is lost. SELECTIVE: lost packets are sent again behind the
    others, which keep the link busy meanwhile, so only bytes are added. ROUNDS: the sender hears after each
    round which packets are missing; one round trip for each further round. STOP_AND_WAIT: each packet waits
    for the acknowledgement of the one before; one round trip for every packet sent but the last.
    """

    NONE = "none"
    SELECTIVE = "selective"
    ROUNDS = "rounds"
    STOP_AND_WAIT = "stop_and_wait"


@dataclass(frozen=True)
class TransportResult:
    """What the transmission of some messages took; one entry a message.

    Attributes:
        packets, sends: int64, how many packets a message has, and how many were sent.
        wire_bytes, retransmitted_bytes: int64, all that was sent and the part sent again.
        round_trips: int64, to be added to the transfer.
        lost: bool, whether the message never arrives whole.
    """

    packets: np.ndarray
    sends: np.ndarray
    wire_bytes: np.ndarray
    retransmitted_bytes: np.ndarray
    round_trips: np.ndarray
    lost: np.ndarray


@dataclass(frozen=True)
class Transport:
    """Framing, loss and repair of one direction of a path.

    Attributes:
        loss: the loss process, None if nothing is lost.
        sends_at_most: how often a packet is sent before its message is given up.
    """

    framing: Framing = field(default_factory=Framing)
    loss: LossProcess | None = None
    repair: Repair = Repair.SELECTIVE
    sends_at_most: int = 1000

    @property
    def rounds_at_most(self) -> int:
        """How often what is lost is sent, the first time included."""
        return 1 if self.repair is Repair.NONE else self.sends_at_most

    def transmit(
        self,
        seed: int,
        purpose: Purpose,
        device: np.ndarray,
        exchange: np.ndarray,
        nbytes: np.ndarray,
        drawing: Drawing | None = None,
    ) -> TransportResult:
        """Return what messages take, each as a pure function of its own key; int64 [messages] each.

        The loss process starts in its stationary state with each message. A packet is lost or not by a
        number that belongs to (device, exchange, how many packets the message has sent before). ``drawing`` draws in
        place of :func:`in_parts`, to the same numbers.
        """
        packets, wire_bytes = self.framing.packets(nbytes), self.framing.wire_bytes(nbytes)
        if self.loss is None or self.loss.mean_loss == 0.0:
            nothing = np.zeros_like(packets)
            round_trips = self._round_trips(packets, np.ones_like(packets))
            return TransportResult(packets, packets, wire_bytes, nothing, round_trips, nothing.astype(bool))
        draw, sent = drawing or in_parts, Messages(device, exchange, packets, wire_bytes)
        retransmitted_bytes, sends, rounds, lost = draw(self, seed, purpose, sent)
        total_bytes = wire_bytes + retransmitted_bytes
        round_trips = self._round_trips(sends, rounds)
        return TransportResult(packets, sends, total_bytes, retransmitted_bytes, round_trips, lost)

    def _round_trips(self, sends: np.ndarray, rounds: np.ndarray) -> np.ndarray:
        if self.repair is Repair.ROUNDS:
            return rounds - 1
        return sends - 1 if self.repair is Repair.STOP_AND_WAIT else np.zeros_like(sends)


class Messages(NamedTuple):
    """Messages to be sent: who sends each in which exchange, its packets and its bytes; int64 [messages] each."""

    device: np.ndarray
    exchange: np.ndarray
    packets: np.ndarray
    wire_bytes: np.ndarray


#: Draws the losses of some messages: bytes sent again, packets sent, rounds, and whether it is lost, by message.
Lost = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Drawing = Callable[[Transport, int, Purpose, Messages], Lost]


def in_parts(transport: Transport, seed: int, purpose: Purpose, sent: Messages) -> Lost:
    """Draw the losses of messages, at least one, some thousand packets at a time."""
    parts = [
        _TransportBatch(transport, seed, purpose, Messages(*(values[some] for values in sent))).run()
        for some in _parts(sent.packets)
    ]
    retransmitted_bytes, sends, rounds, lost = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return retransmitted_bytes, sends, rounds, lost


def _parts(packets: np.ndarray) -> Iterator[slice]:
    """Cut messages, at least one, into slices of about ``_PACKETS`` packets."""
    part = np.cumsum(packets) // _PACKETS
    edges = np.flatnonzero(np.diff(part)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(packets))
    return (slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True))


class _TransportBatch:
    """Some messages under way, round by round: first all packets, then again those that were lost."""

    def __init__(self, transport: Transport, seed: int, purpose: Purpose, sent: Messages) -> None:
        self._transport, self._seed, self._purpose = transport, seed, purpose
        packets = sent.packets
        self._device, self._packets = sent.device, packets
        self._short_bytes = packets * transport.framing.mtu_bytes - sent.wire_bytes
        self._next_draw = sent.exchange * DRAWS_PER_EXCHANGE
        self._retransmitted_bytes, self._sends = np.zeros_like(packets), np.zeros_like(packets)
        self._rounds, self._state = np.zeros_like(packets), np.zeros(len(packets), np.int64)
        # Which message a packet belongs to, and its number there.
        self._message = np.repeat(np.arange(len(packets)), packets)
        self._number = np.arange(len(self._message)) - np.repeat(np.cumsum(packets) - packets, packets)

    def run(self) -> Lost:
        """Return bytes sent again, packets sent, rounds, and whether it is lost, by message."""
        for number in range(self._transport.rounds_at_most):
            if len(self._message):
                self._send(again=number > 0)
        lost = np.bincount(self._message, minlength=len(self._packets)) > 0
        return self._retransmitted_bytes, self._sends, self._rounds, lost

    def _send(self, *, again: bool) -> None:
        loss, message = self._transport.loss, self._message
        assert loss is not None
        opens = np.append(True, message[1:] != message[:-1])
        first = np.flatnonzero(opens)
        who, counts = message[first], np.diff(np.append(first, len(message)))
        if again:
            ends = self._number[first + counts - 1] == self._packets[who] - 1
            full_bytes = counts * self._transport.framing.mtu_bytes
            self._retransmitted_bytes[who] += full_bytes - np.where(ends, self._short_bytes[who], 0)
        draws = np.repeat(self._next_draw[who] - 2 * first, counts) + 2 * np.arange(len(message))
        device = self._device[message]
        state = self._state[who] if again else None
        lost, self._state[who] = loss.lose(
            state, opens, lambda row: uniforms(self._seed, self._purpose, device, draws + row)
        )
        self._next_draw[who] += 2 * counts
        self._sends[who] += counts
        self._rounds[who] += 1
        self._message, self._number = message[lost], self._number[lost]
