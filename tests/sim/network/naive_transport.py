"""The naive oracle of a lossy path: one message at a time, one round after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.network.loss import Bernoulli, GilbertElliott, LossProcess
from sim.network.transport import DRAWS_PER_EXCHANGE, Repair, Transport

#: ``draw(k, n)`` gives n uniforms of the k-th of two independent rows, in the order packets are sent.
NaiveDraw = Callable[[int, int], np.ndarray]


class NaiveResult(NamedTuple):
    """What sending one message took."""

    packets: int
    sends: int
    wire_bytes: int
    retransmitted_bytes: int
    round_trips: int
    lost: bool


def naive_lose(loss: LossProcess, bad: bool | None, count: int, draw: NaiveDraw) -> tuple[np.ndarray, bool]:
    """Send packets of one message; return which are lost, bool [count], and the state that the last one saw."""
    if isinstance(loss, Bernoulli):
        return draw(0, count) < loss.loss, False
    assert isinstance(loss, GilbertElliott)
    states = naive_states(loss, bad, draw(1, count))
    return draw(0, count) < np.where(states, loss.bad, loss.good), states[-1]


def naive_states(channel: GilbertElliott, bad: bool | None, moves: np.ndarray) -> list[bool]:
    """Walk the channel packet by packet; return whether it is bad for each of them."""
    states: list[bool] = []
    for move in moves.tolist():
        # The share of uniforms that makes a bad channel stay bad is 1 - r, a good one go bad p.
        turns_bad = channel.bad_share if bad is None else 1.0 - channel.r if bad else channel.p
        bad = move < turns_bad
        states.append(bad)
    return states


def naive_transmit(
    transport: Transport, seed: int, purpose: Purpose, device: int, exchange: int, nbytes: int
) -> NaiveResult:
    """Return what one message takes, sent alone."""
    framing, repair = transport.framing, transport.repair
    room_bytes = framing.mtu_bytes - framing.packet_header_bytes
    packets = max(-(-(nbytes + framing.message_header_bytes) // room_bytes), 1)
    wire_bytes = nbytes + framing.message_header_bytes + packets * framing.packet_header_bytes
    if transport.loss is None or transport.loss.mean_loss == 0.0:
        return NaiveResult(packets, packets, wire_bytes, 0, _round_trips(repair, packets, 1), lost=False)
    missing, bad, sent, retransmitted_bytes, rounds = np.arange(packets), None, 0, 0, 0
    while len(missing) and rounds < (1 if repair is Repair.NONE else transport.sends_at_most):
        if rounds:
            short_bytes = packets * framing.mtu_bytes - wire_bytes
            retransmitted_bytes += len(missing) * framing.mtu_bytes - (short_bytes if missing[-1] == packets - 1 else 0)
        first = exchange * DRAWS_PER_EXCHANGE + 2 * sent

        def draw(row: int, count: int, first: int = first) -> np.ndarray:
            return uniforms(seed, purpose, device, np.arange(first + row, first + row + 2 * count, 2))

        lost, bad = naive_lose(transport.loss, bad, len(missing), draw)
        sent += len(missing)
        missing = missing[lost]
        rounds += 1
    trips = _round_trips(repair, sent, rounds)
    return NaiveResult(
        packets, sent, wire_bytes + retransmitted_bytes, retransmitted_bytes, trips, lost=len(missing) > 0
    )


def _round_trips(repair: Repair, sends: int, rounds: int) -> int:
    if repair is Repair.ROUNDS:
        return rounds - 1
    return sends - 1 if repair is Repair.STOP_AND_WAIT else 0
