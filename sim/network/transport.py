"""What a message costs on a lossy path: packets, headers, and what is sent again."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.network.loss import LossProcess

#: Room for the draws of one message: 2 for each of 2**25 packets sent.
DRAWS_PER_EXCHANGE = 1 << 26


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

    def packets(self, nbytes: int) -> int:
        """Return how many packets a message takes; an empty one still takes one."""
        room_bytes = self.mtu_bytes - self.packet_header_bytes
        return max(-(-(nbytes + self.message_header_bytes) // room_bytes), 1)

    def wire_bytes(self, nbytes: int) -> int:
        """Return the bytes of all packets of a message, headers included."""
        return nbytes + self.message_header_bytes + self.packets(nbytes) * self.packet_header_bytes


class Repair(Enum):
    """What is done about lost packets, and the time it takes beyond sending them again.

    NONE: nothing; a message that has lost a packet is lost. SELECTIVE: lost packets are sent again behind the
    others, which keep the line busy meanwhile, so only bytes are added. ROUNDS: the sender hears after each
    round which packets are missing; one round trip for each further round. STOP_AND_WAIT: each packet waits
    for the word on the one before; one round trip for every packet sent but the last.
    """

    NONE = "none"
    SELECTIVE = "selective"
    ROUNDS = "rounds"
    STOP_AND_WAIT = "stop_and_wait"


class Carriage(NamedTuple):
    """What carrying one message took.

    ``wire_bytes`` is all that was sent, ``retransmitted_bytes`` the part sent again; ``round_trips`` are to
    be added to the transfer; ``lost`` says that the message never arrives whole.
    """

    packets: int
    sends: int
    wire_bytes: int
    retransmitted_bytes: int
    round_trips: int
    lost: bool


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

    def carry(self, seed: int, purpose: Purpose, device: int, exchange: int, nbytes: int) -> Carriage:
        """Return what a message takes, as a pure function of its arguments: nobody else's luck matters.

        The loss process starts in its stationary state with each message. A packet is lost or not by a
        number that belongs to (device, exchange, how many packets the message has sent before).
        """
        packets, wire_bytes = self.framing.packets(nbytes), self.framing.wire_bytes(nbytes)
        if self.loss is None or self.loss.mean_loss == 0.0:
            return Carriage(packets, packets, wire_bytes, 0, self._round_trips(packets, 1), lost=False)
        return self._lossy(packets, wire_bytes, _Luck(seed, purpose, device, exchange))

    def _lossy(self, packets: int, wire_bytes: int, luck: _Luck) -> Carriage:
        assert self.loss is not None
        rounds_at_most = 1 if self.repair is Repair.NONE else self.sends_at_most
        missing, bad, again, rounds = np.arange(packets), None, [], 0
        while len(missing) and rounds < rounds_at_most:
            if rounds:
                again.append(missing)
            lost, bad = self.loss.lose(bad, len(missing), luck.draw)
            luck.sent += len(missing)
            missing = missing[lost]
            rounds += 1
        sends = packets + sum(map(len, again))
        retransmitted_bytes = sum(self._bytes_of(group, packets, wire_bytes) for group in again)
        total_bytes = wire_bytes + retransmitted_bytes
        trips = self._round_trips(sends, rounds)
        return Carriage(packets, sends, total_bytes, retransmitted_bytes, trips, lost=len(missing) > 0)

    def _bytes_of(self, group: np.ndarray, packets: int, wire_bytes: int) -> int:
        """Return the bytes of some packets of a message: all are full but the last."""
        short_bytes = packets * self.framing.mtu_bytes - wire_bytes
        return len(group) * self.framing.mtu_bytes - (short_bytes if group[-1] == packets - 1 else 0)

    def _round_trips(self, sends: int, rounds: int) -> int:
        if self.repair is Repair.ROUNDS:
            return rounds - 1
        return sends - 1 if self.repair is Repair.STOP_AND_WAIT else 0


@dataclass
class _Luck:
    """The uniforms of one message, by the number of packets it has ``sent`` before."""

    seed: int
    purpose: Purpose
    device: int
    exchange: int
    sent: int = 0

    def draw(self, row: int, count: int) -> np.ndarray:
        first = self.exchange * DRAWS_PER_EXCHANGE + 2 * self.sent + row
        return uniforms(self.seed, self.purpose, self.device, np.arange(first, first + 2 * count, 2))
