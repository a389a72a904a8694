"""The loop of the compiled engine: events and asks in the order of time, up to a moment."""

from __future__ import annotations

import math

from sim.compiled import rounds
from sim.compiled.calendar import remove_first
from sim.compiled.codes import (
    BREAK_OFF,
    CLOSING,
    DONE,
    DRAWS,
    EXPIRE,
    RESUME,
    RETRY,
    ROOM,
    ROUND,
    ROUND_BEGINS,
    ROWS,
    TIME_OUT,
    TIMER,
    WORK,
)
from sim.compiled.compiling import compiled, inlined
from sim.compiled.device_models import expire
from sim.compiled.exchanges import ask, resume
from sim.compiled.flow_stage import break_off, fire
from sim.compiled.learning import begin_learning
from sim.compiled.memory import cohort_of, device_of, event_at, fetch, hop_of, row_of, station_of

#: An event adds at most so many others, beside one for each flow that ends with it.
_MARGIN = 8
#: What a device meets is fetched so many asks before it asks: fleets are larger than caches.
_AHEAD = 8


@compiled
def advance(state, until_s):
    """Process everything up to ``until_s``: at equal times, what is under way moves before devices ask.

    Returns:
        ``DONE``, or what has to be done first (:mod:`sim.compiled.codes`). Then nothing of the next event has happened
        yet, and the event that asks for something of the data plane, or for a round, is over.
    """
    g = state[0]
    while True:
        if g.pending:
            return g.pending
        if g.events + g.flows + _MARGIN > g.event_room:
            return ROOM
        if g.next_row > g.row_limit:
            return ROWS
        if g.batch_size > 1 and g.batches + g.flows + 1 > g.drawn:
            return WORK
        if g.opening and g.answered < 0:
            _call_next(g)
        if g.answered < 0:
            asked_s = _asked_s(g)
            next_s = event_at(g, 0).at_s if g.events else math.inf
            if min(next_s, asked_s) > until_s or (next_s == math.inf and asked_s == math.inf):
                return DONE
            if asked_s < next_s:
                g.now_s = asked_s
                _ask_next(g)
                continue
            if not _draws_known(g):
                return DRAWS
            g.now_s = next_s
        _happen(g)


@inlined
def _call_next(g):
    """Let the next device that a round calls go on, if one is left."""
    if g.next_call < g.calls_end:
        g.answered = g.next_call
        g.next_call += 1
    else:
        rounds.opened(g)


@inlined
def _learning_s(g):
    return row_of(g, g.next_learning).requested_s if g.next_learning < g.learning_end else math.inf


@inlined
def _requested_s(g):
    return row_of(g, g.next_ask).requested_s if g.next_ask < g.asks_end else math.inf


@inlined
def _asked_s(g):
    """Return when the next device asks or learns."""
    return min(_learning_s(g), _requested_s(g))


@inlined
def _ask_next(g):
    """Let the next device ask or learn: at equal times it is the turn of what has waited for longer."""
    learning_s, requested_s = _learning_s(g), _requested_s(g)
    if learning_s < requested_s or (learning_s == requested_s and g.learning_key < g.asks_key):
        g.next_learning += 1
        begin_learning(g, g.next_learning - 1)
        g.learning_key = g.serial
    else:
        g.next_ask += 1
        _fetch_ahead(g)
        ask(g, g.next_ask - 1)
        g.asks_key = g.serial
    g.serial += 1


@inlined
def _fetch_ahead(g):
    """Let the processor fetch what a later ask will meet, and the row of one that is later still."""
    if g.next_ask + 2 * _AHEAD >= g.asks_end:
        return
    fetch(row_of(g, g.next_ask + 2 * _AHEAD))
    x = row_of(g, g.next_ask + _AHEAD)
    fetch(device_of(g, x.device))
    for place in range(g.hops):
        fetch(station_of(g, hop_of(g, x.id, place).station))


@inlined
def _draws_known(g):
    """Return whether the losses of what happens next have been drawn."""
    e = event_at(g, 0)
    if e.kind != RESUME:
        return True
    x = row_of(g, e.row)
    if x.state != RETRY or x.attempt >= cohort_of(g, x.cohort).retries:
        return True
    return x.drawn > x.attempt


@inlined
def _happen(g):
    """Let the row go on that has been answered, or else the next event happen."""
    kind, row, station, flow = RESUME, g.answered, -1, 0
    if g.answered < 0:
        e = event_at(g, 0)
        kind, row, station, flow = e.kind, e.row, e.station, e.flow
        remove_first(g)
    g.answered = -1
    if kind == RESUME:
        resume(g, row)
    elif kind == TIMER:
        fire(g, station)
    elif kind == BREAK_OFF:
        break_off(g, station, row, flow)
    elif kind == EXPIRE:
        expire(g, row, station)
    elif kind == ROUND:
        g.pending = ROUND_BEGINS
    elif kind == TIME_OUT:
        rounds.close(g, row)
    elif kind == CLOSING:
        rounds.adapt(g)
