"""Transfers are added up by tick: the law of :mod:`sim.kernel.tick_sums`, for servers that serve one at a time."""

from __future__ import annotations

import math

import numpy as np

from sim.compiled.compiling import inlined
from sim.kernel.tick_sums import PARTS_PER_S, SUMMED

_PLACE = {name: place for place, name in enumerate(SUMMED)}
_OFFERED, _STARTED, _ENDED = _PLACE["offered"], _PLACE["started"], _PLACE["ended"]
_DROPPED, _DROPPED_WAITING = _PLACE["dropped"], _PLACE["dropped_waiting"]
_OFFERED_BYTES, _DELIVERED_BYTES = _PLACE["offered_bytes"], _PLACE["delivered_bytes"]
_DROPPED_BYTES, _SENT_AGAIN = _PLACE["dropped_bytes"], _PLACE["retransmitted_bytes"]
_WAITING, _LEVEL, _MOMENT = _PLACE["waiting"], _PLACE["level"], _PLACE["moment"]


@inlined
def _tick_of(edges_s, at_s, guess):
    """Return the tick of a time, most likely ``guess``; the number of ticks for what comes after the last."""
    count = len(edges_s)
    if guess < count and at_s <= edges_s[guess] and (guess == 0 or at_s > edges_s[guess - 1]):
        return guess
    if not at_s <= edges_s[count - 1]:
        return count
    tick = min(int(at_s / edges_s[0]), count - 1)
    while tick > 0 and at_s <= edges_s[tick - 1]:
        tick -= 1
    while edges_s[tick] < at_s:
        tick += 1
    return tick


@inlined
def _in_parts(seconds):
    return np.int64(np.rint(seconds * PARTS_PER_S))


@inlined
def _begin(sums, edges_s, guess, offered_s, start_s):
    tick = _tick_of(edges_s, start_s, guess)
    if tick < len(edges_s):
        sums[_STARTED, tick] += 1
        sums[_WAITING, tick] += _in_parts(start_s - offered_s)
        sums[_LEVEL, tick] += 1
        sums[_MOMENT, tick] += _in_parts(start_s)


@inlined
def _end(sums, edges_s, guess, began, end_s, went):
    tick = _tick_of(edges_s, end_s, guess)
    if tick < len(edges_s):
        sums[_ENDED, tick] += went
        sums[_LEVEL, tick] -= began
        sums[_MOMENT, tick] -= began * _in_parts(end_s)


@inlined
def _drop(sums, edges_s, guess, began, dropped_s, nbytes):
    tick = _tick_of(edges_s, dropped_s, guess)
    if tick < len(edges_s):
        sums[_DROPPED, tick] += 1
        sums[_DROPPED_WAITING, tick] += 1 - began
        sums[_DROPPED_BYTES, tick] += nbytes


@inlined
def _add_bytes(sums, edges_s, guess, place, at_s, nbytes):
    tick = _tick_of(edges_s, at_s, guess)
    if tick < len(edges_s):
        sums[place, tick] += nbytes


@inlined
def count(sums, edges_s, guess, offered_s, start_s, end_s, arrive_s, dropped_s, nbytes, sent_again):
    """Add a transfer to ``sums``, int64 [SUMMED, ticks]; return the tick in which it was offered.

    ``guess`` is the tick of another transfer of about that time.
    """
    began, went = int(start_s < math.inf), int(dropped_s == math.inf)
    tick = _tick_of(edges_s, offered_s, guess)
    if tick < len(edges_s):
        sums[_OFFERED, tick] += 1
        sums[_OFFERED_BYTES, tick] += nbytes
    _begin(sums, edges_s, tick, offered_s, start_s)
    _end(sums, edges_s, tick, began, end_s, went)
    if went:
        _add_bytes(sums, edges_s, tick, _DELIVERED_BYTES, arrive_s, nbytes)
    else:
        _drop(sums, edges_s, tick, began, dropped_s, nbytes)
    if sent_again:
        _add_bytes(sums, edges_s, tick, _SENT_AGAIN, min(end_s, dropped_s), sent_again)
    return tick
