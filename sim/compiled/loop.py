"""The loop of the compiled engine: events and asks in the order of time, up to a moment."""

from __future__ import annotations

import math

from sim.compiled.calendar import remove_first
from sim.compiled.codes import BREAK_OFF, DONE, DRAWS, RESUME, RETRY, ROOM, TIMER, WORK
from sim.compiled.compiling import compiled, inlined
from sim.compiled.exchanges import ask, resume
from sim.compiled.flow_stage import break_off, fire
from sim.compiled.memory import cohort_of, event_at, row_of

#: An event adds at most so many others, beside one for each flow that ends with it.
_MARGIN = 8


@compiled
def advance(state, until_s):
    """Process everything up to ``until_s``: at equal times, what is under way moves before devices ask.

    Returns:
        ``DONE``; ``DRAWS`` if an attempt begins whose losses have to be drawn first, ``WORK`` if batches might begin
        that have to be; ``ROOM`` if the heap is too small. Then nothing of the next event has happened yet.
    """
    g = state[0]
    while True:
        if g.events + g.flows + _MARGIN > g.event_room:
            return ROOM
        if g.batch_size > 1 and g.batches + g.flows + 1 > g.drawn:
            return WORK
        asked_s = row_of(g, g.next_ask).requested_s if g.next_ask < g.asks_end else math.inf
        next_s = event_at(g, 0).at_s if g.events else math.inf
        if next_s <= asked_s:
            if next_s > until_s or next_s == math.inf:
                return DONE
            if not _draws_known(g):
                return DRAWS
            g.now_s = next_s
            _happen(g)
        elif asked_s > until_s:
            return DONE
        else:
            g.now_s = asked_s
            g.next_ask += 1
            ask(g, g.next_ask - 1)


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
    e = event_at(g, 0)
    kind, row, station, flow = e.kind, e.row, e.station, e.flow
    remove_first(g)
    if kind == RESUME:
        resume(g, row)
    elif kind == TIMER:
        fire(g, station)
    elif kind == BREAK_OFF:
        break_off(g, station, row, flow)
