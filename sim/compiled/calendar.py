"""The heap of events: by time, then by key (SimPy's calendar, with records for processes)."""

from __future__ import annotations

from sim.compiled.codes import RESUME, UNRANKED
from sim.compiled.compiling import inlined
from sim.compiled.memory import event_at

_WAYS = 4


@inlined
def _move(g, to, place):
    target, e = event_at(g, to), event_at(g, place)
    target.at_s, target.key, target.row = e.at_s, e.key, e.row
    target.station, target.flow, target.kind = e.station, e.flow, e.kind


@inlined
def add(g, at_s, key, row, station, flow, kind):
    """Add an event, now if its time has passed."""
    if not at_s > g.now_s:
        at_s = g.now_s
    place = g.events
    g.events += 1
    while place > 0:
        above = (place - 1) // _WAYS
        if not (at_s < event_at(g, above).at_s or (at_s == event_at(g, above).at_s and key < event_at(g, above).key)):
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
def remove_first(g):
    """Remove the next event."""
    g.events -= 1
    count = g.events
    if count == 0:
        return
    at_s, key = event_at(g, count).at_s, event_at(g, count).key
    place = 0
    while True:
        first = _WAYS * place + 1
        if first >= count:
            break
        least = first
        for other in range(first + 1, min(first + _WAYS, count)):
            if event_at(g, other).at_s < event_at(g, least).at_s or (
                event_at(g, other).at_s == event_at(g, least).at_s and event_at(g, other).key < event_at(g, least).key
            ):
                least = other
        if not (event_at(g, least).at_s < at_s or (event_at(g, least).at_s == at_s and event_at(g, least).key < key)):
            break
        _move(g, place, least)
        place = least
    _move(g, place, count)
