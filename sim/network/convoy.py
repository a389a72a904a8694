"""Many messages over one lossy path at once: what :meth:`Transport.carry` tells of each, in arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.network.transport import DRAWS_PER_EXCHANGE, Repair, Transport

#: Packets that are drawn at once: their uniforms fit the processor's cache.
_PACKETS = 1 << 16


@dataclass(frozen=True)
class Convoy:
    """What carrying some messages took; one entry a message.

    Attributes:
        wire_bytes, retransmitted_bytes: int64, all that was sent and the part sent again.
        round_trips: int64, to be added to the transfer.
        lost: bool, whether the message never arrives whole.
    """

    wire_bytes: np.ndarray
    retransmitted_bytes: np.ndarray
    round_trips: np.ndarray
    lost: np.ndarray


def carry_many(
    transport: Transport, seed: int, purpose: Purpose, device: np.ndarray, exchange: np.ndarray, nbytes: np.ndarray
) -> Convoy:
    """Return what messages take, each by the same luck as if it were asked about alone; int64 [messages] each."""
    framing = transport.framing
    room_bytes = framing.mtu_bytes - framing.packet_header_bytes
    packets = np.maximum(-(-(nbytes + framing.message_header_bytes) // room_bytes), 1)
    wire_bytes = nbytes + framing.message_header_bytes + packets * framing.packet_header_bytes
    if transport.loss is None or transport.loss.mean_loss == 0.0:
        return _convoy(transport, packets, wire_bytes, np.zeros_like(packets), packets, np.ones_like(packets))
    parts = [
        _Caravan(transport, seed, purpose, device[some], exchange[some], packets[some], wire_bytes[some]).travel()
        for some in _parts(packets)
    ]
    again_bytes, sends, rounds, lost = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return _convoy(transport, packets, wire_bytes, again_bytes, sends, rounds, lost)


def _convoy(
    transport: Transport,
    packets: np.ndarray,
    wire_bytes: np.ndarray,
    again_bytes: np.ndarray,
    sends: np.ndarray,
    rounds: np.ndarray,
    lost: np.ndarray | None = None,
) -> Convoy:
    trips = np.zeros_like(packets)
    if transport.repair is Repair.ROUNDS:
        trips = rounds - 1
    elif transport.repair is Repair.STOP_AND_WAIT:
        trips = sends - 1
    return Convoy(wire_bytes + again_bytes, again_bytes, trips, np.zeros(len(packets), bool) if lost is None else lost)


def _parts(packets: np.ndarray) -> Iterator[slice]:
    """Cut messages, at least one, into slices of about ``_PACKETS`` packets."""
    part = np.cumsum(packets) // _PACKETS
    edges = np.flatnonzero(np.diff(part)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(packets))
    return (slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True))


class _Caravan:
    """Some messages on their way, round by round: first all packets, then again those that were lost."""

    def __init__(
        self,
        transport: Transport,
        seed: int,
        purpose: Purpose,
        device: np.ndarray,
        exchange: np.ndarray,
        packets: np.ndarray,
        wire_bytes: np.ndarray,
    ) -> None:
        self._transport, self._seed, self._purpose = transport, seed, purpose
        self._device, self._packets = device, packets
        self._short_bytes = packets * transport.framing.mtu_bytes - wire_bytes
        self._next_draw = exchange * DRAWS_PER_EXCHANGE
        self._again_bytes, self._sends = np.zeros_like(packets), np.zeros_like(packets)
        self._rounds, self._bad = np.zeros_like(packets), np.zeros(len(packets), bool)
        # Which message a packet belongs to, and its place there.
        self._message = np.repeat(np.arange(len(packets)), packets)
        self._place = np.arange(len(self._message)) - np.repeat(np.cumsum(packets) - packets, packets)

    def travel(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return bytes sent again, packets sent, rounds, and whether it is lost, by message."""
        most = 1 if self._transport.repair is Repair.NONE else self._transport.sends_at_most
        for number in range(most):
            if len(self._message):
                self._send(again=number > 0)
        lost = np.bincount(self._message, minlength=len(self._packets)) > 0
        return self._again_bytes, self._sends, self._rounds, lost

    def _send(self, *, again: bool) -> None:
        loss, message = self._transport.loss, self._message
        assert loss is not None
        opens = np.append(True, message[1:] != message[:-1])
        first = np.flatnonzero(opens)
        who, counts = message[first], np.diff(np.append(first, len(message)))
        if again:
            ends = self._place[first + counts - 1] == self._packets[who] - 1
            full_bytes = counts * self._transport.framing.mtu_bytes
            self._again_bytes[who] += full_bytes - np.where(ends, self._short_bytes[who], 0)
        number = np.repeat(self._next_draw[who] - 2 * first, counts) + 2 * np.arange(len(message))
        device = self._device[message]
        bad = self._bad[who] if again else None
        lost, self._bad[who] = loss.lose_many(
            bad, opens, lambda row: uniforms(self._seed, self._purpose, device, number + row)
        )
        self._next_draw[who] += 2 * counts
        self._sends[who] += counts
        self._rounds[who] += 1
        self._message, self._place = message[lost], self._place[lost]
