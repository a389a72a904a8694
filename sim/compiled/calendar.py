"""The heap of events: by time, then by key (SimPy's calendar, with records for processes).

An event has four below it. Behind the last event lie empty ones, which come after all others: so the four are always
there, and which of them is first is found without a branch, which no processor could foresee.
"""

from __future__ import annotations

import math

import numpy as np

from sim.compiled.codes import RESUME, UNRANKED
from sim.compiled.compiling import inlined
from sim.compiled.memory import event_at
from sim.compiled.state import EVENT

_WAYS = 4
#: The key of no event: it comes after those of all events that never happen.
_NONE = np.iinfo(np.int64).max


def no_events(room: int) -> np.ndarray:
    """Return room for events."""
    events = np.zeros(room, EVENT)
    events["at_s"], events["key"] = np.inf, _NONE
    return events


@inlined
def _move(g, to, place):
    target, e = event_at(g, to), event_at(g, place)
    target.at_s, target.key, target.row = e.at_s, e.key, e.row
    target.station, target.flow, target.kind = e.station, e.flow, e.kind


@inlined
def _put(g, place, at_s, key, row, station, flow, kind):
    """Put an event at a free place, or above it where it comes earlier."""
    while place > 0:
        above = (place - 1) // _WAYS
        other = event_at(g, above)
        if not (at_s < other.at_s or (at_s == other.at_s and key < other.key)):
            break
        _move(g, place, above)
        place = above
    e = event_at(g, place)
    e.at_s = at_s
    e.key = key
    e.row = row
    e.station = station
    e.flow = flow
    e.kind = kind


@inlined
def add(g, at_s, key, row, station, flow, kind):
    """Add an event, now if its time has passed."""
    if not at_s > g.now_s:
        at_s = g.now_s
    g.events += 1
    _put(g, g.events - 1, at_s, key, row, station, flow, kind)


@inlined
def add_unranked(g, at_s, row, station, flow, kind):
    """Add an event that comes after all those of its time."""
    key = UNRANKED + g.serial
    g.serial += 1
    add(g, at_s, key, row, station, flow, kind)


@inlined
def wait_until(g, x, at_s):
    """Let an exchange wait for a time."""
    if x.ranked:
        add(g, at_s, x.ticket, x.id, -1, 0, RESUME)
    else:
        add_unranked(g, at_s, x.id, -1, 0, RESUME)


@inlined
def _first_of(g, one, other):
    """Return which of two events comes first, without a branch."""
    a, b = event_at(g, one), event_at(g, other)
    later = (b.at_s < a.at_s) | ((b.at_s == a.at_s) & (b.key < a.key))
    return other if later else one


@inlined
def remove_first(g):
    """Remove the next event."""
    count = g.events - 1
    g.events = count
    e = event_at(g, count)
    at_s, key, row, station, flow, kind = e.at_s, e.key, e.row, e.station, e.flow, e.kind
    e.at_s, e.key = math.inf, _NONE
    if count == 0:
        return
    # The gap goes down all the way, and what was last fills it: as it is late, it hardly ever rises from there.
    place, first = 0, 1
    while first < count:
        least = _first_of(g, _first_of(g, first, first + 1), _first_of(g, first + 2, first + 3))
        _move(g, place, least)
        place = least
        first = _WAYS * place + 1
    _put(g, place, at_s, key, row, station, flow, kind)
