"""Transfers are added up by tick: the law of :mod:`sim.kernel.tick_sums`, for servers that serve one at a time.

Sums are reached by their address: arrays that go from function to function would be counted on the way, which takes
several times as long as adding up.
"""

from __future__ import annotations

import math

import numpy as np

from sim.compiled.codes import OUTCOME_OF, REJECTED, REPORT
from sim.compiled.compiling import inlined
from sim.compiled.memory import edge_at, hop_of, summed_at, tick_sums_at
from sim.kernel.tick_sums import PARTS_PER_S

_REJECTED = OUTCOME_OF[REJECTED]


@inlined
def count_row(g, x, tick):
    """Add what a row sent over each link, and what it was to the cloud; return the tick in which that began.

    ``tick`` is that of another row of about that time. Links and clouds whose sums are taken elsewhere are left out.
    """
    for place in range(g.hops):
        sums = summed_at(g, x.cohort * g.hops + place).value
        if sums == 0:
            continue
        t = hop_of(g, x.id, place)
        if t.offered_s < math.inf:
            times = t.offered_s, t.start_s, t.end_s, t.arrive_s, t.dropped_s
            tick = _count(g, sums, tick, *times, t.wire_bytes, t.retransmitted_bytes)
    # What waits for another attempt was added when that was drawn; all reports of a round are one job.
    if g.cloud_sums == 0 or math.isnan(x.reached_s) or x.drawn > x.attempt or x.kind == REPORT:
        return tick
    start_s = math.inf if math.isnan(x.started_s) else x.started_s
    end_s = math.inf if math.isnan(x.served_s) else x.served_s
    dropped_s = x.reached_s if x.outcome == _REJECTED else math.inf
    return _count(g, g.cloud_sums, tick, x.reached_s, start_s, end_s, end_s, dropped_s, 0, 0)


@inlined
def _tick_of(g, at_s, guess):
    """Return the tick of a time, most likely ``guess``; the number of ticks for what comes after the last."""
    if guess < g.ticks and at_s <= edge_at(g, guess).value and (guess == 0 or at_s > edge_at(g, guess - 1).value):
        return guess
    if not at_s <= edge_at(g, g.ticks - 1).value:
        return g.ticks
    tick = min(int(at_s / edge_at(g, 0).value), g.ticks - 1)
    while tick > 0 and at_s <= edge_at(g, tick - 1).value:
        tick -= 1
    while edge_at(g, tick).value < at_s:
        tick += 1
    return tick


@inlined
def _in_parts(seconds):
    return np.int64(np.rint(seconds * PARTS_PER_S))


@inlined
def _begin(g, sums, guess, offered_s, start_s):
    tick = _tick_of(g, start_s, guess)
    if tick < g.ticks:
        s = tick_sums_at(sums, tick)
        s.started += 1
        s.waiting += _in_parts(start_s - offered_s)
        s.level += 1
        s.moment += _in_parts(start_s)


@inlined
def _end(g, sums, guess, began, end_s, went):
    tick = _tick_of(g, end_s, guess)
    if tick < g.ticks:
        s = tick_sums_at(sums, tick)
        s.ended += went
        s.level -= began
        s.moment -= began * _in_parts(end_s)


@inlined
def _drop(g, sums, guess, began, dropped_s, nbytes):
    tick = _tick_of(g, dropped_s, guess)
    if tick < g.ticks:
        s = tick_sums_at(sums, tick)
        s.dropped += 1
        s.dropped_waiting += 1 - began
        s.dropped_bytes += nbytes


@inlined
def _count(g, sums, guess, offered_s, start_s, end_s, arrive_s, dropped_s, nbytes, sent_again):
    """Add a transfer to the sums at an address; return the tick in which it was offered."""
    began, went = int(start_s < math.inf), int(dropped_s == math.inf)
    tick = _tick_of(g, offered_s, guess)
    if tick < g.ticks:
        s = tick_sums_at(sums, tick)
        s.offered += 1
        s.offered_bytes += nbytes
    _begin(g, sums, tick, offered_s, start_s)
    _end(g, sums, tick, began, end_s, went)
    if went:
        arrived = _tick_of(g, arrive_s, tick)
        if arrived < g.ticks:
            tick_sums_at(sums, arrived).delivered_bytes += nbytes
    else:
        _drop(g, sums, tick, began, dropped_s, nbytes)
    if sent_again:
        sent = _tick_of(g, min(end_s, dropped_s), tick)
        if sent < g.ticks:
            tick_sums_at(sums, sent).retransmitted_bytes += sent_again
    return tick
