"""What messages lose, packet by packet: the law of :mod:`sim.network.transport`, for losses without a recording."""

from __future__ import annotations

import numpy as np

from agents.seeding import Purpose, key_of
from sim.compiled.compiling import compiled, inlined
from sim.compiled.draws import draws_of, uniform
from sim.network.loss import Bernoulli, GilbertElliott
from sim.network.transport import DRAWS_PER_EXCHANGE, Lost, Messages, Transport, in_parts


def draw_losses(transport: Transport, seed: int, purpose: Purpose, sent: Messages) -> Lost:
    """Draw the losses of messages (:data:`sim.network.transport.Drawing`)."""
    loss = transport.loss
    if isinstance(loss, Bernoulli):
        channel = (-1.0, 0.0, loss.loss, loss.loss, 0.0)
    elif isinstance(loss, GilbertElliott):
        channel = (loss.p, loss.r, loss.good, loss.bad, loss.bad_share)
    else:
        return in_parts(transport, seed, purpose, sent)
    again, sends, rounds = (np.empty_like(sent.packets) for _ in range(3))
    lost = np.empty(len(sent.packets), np.bool_)
    key, limits = np.uint64(key_of(seed, purpose)), (transport.framing.mtu_bytes, transport.rounds_at_most)
    _transmit(key, *sent, channel, limits, again, sends, rounds, lost)
    return again, sends, rounds, lost


@compiled
def _transmit(key, device, exchange, packets, wire_bytes, channel, limits, again, sends, rounds, lost):
    """Send each message, round by round: first all packets, then again those that were lost.

    ``channel`` is (p, r, good, bad, bad share) of Gilbert and Elliott; p is -1 for losses that know no state.
    """
    mtu_bytes, most = limits
    for place in range(len(packets)):
        draws, number = draws_of(key, device[place]), exchange[place] * DRAWS_PER_EXCHANGE
        count, ends, is_bad = packets[place], True, False
        again[place] = sends[place] = rounds[place] = 0
        while count and rounds[place] < most:
            if rounds[place]:
                again[place] += count * mtu_bytes
                if ends:
                    again[place] -= packets[place] * mtu_bytes - wire_bytes[place]
            sent = count
            count, last, is_bad = _send(draws, number, sent, channel, rounds[place] == 0, is_bad)
            ends = ends and last
            number += 2 * sent
            sends[place] += sent
            rounds[place] += 1
        lost[place] = count > 0


@inlined
def _send(draws, number, sent, channel, opens, is_bad):
    """Send packets; return how many are lost, whether the last is, and whether the channel is bad then."""
    p, r, good, bad, bad_share = channel
    lost, last = 0, False
    for packet in range(sent):
        chance = good
        if p >= 0.0:
            move = uniform(draws, number + 2 * packet + 1)
            if opens and packet == 0:
                is_bad = move < bad_share
            elif is_bad:
                is_bad = move < 1.0 - r
            else:
                is_bad = move < p
            chance = bad if is_bad else good
        last = uniform(draws, number + 2 * packet) < chance
        lost += last
    return lost, last, is_bad
