"""Weighted max-min fair levels of one moment: the progressive filling of :mod:`sim.network.water_filling`.

Demands are the groups in a list from ``first`` on, by ``touched``, the oldest first.
"""

from __future__ import annotations

import math

from sim.compiled.agenda import pop, push
from sim.compiled.compiling import inlined
from sim.compiled.memory import crossing_of, entry_at, group_of, wire_of


@inlined
def fill(g, f, first):
    """Find the level that each group should have (``fair_level``)."""
    full, caps = _add_demands(g, f, first)
    while full or caps:
        if full and (not caps or entry_at(g, f.full_first).value < entry_at(g, f.caps_first).value):
            e = entry_at(g, f.full_first)
            level, number, wire = e.value, e.number, e.what
            full = pop(g, f.full_first, full)
            full = _fill_to(g, f, wire_of(g, wire), wire, level, number, full)
        else:
            e = entry_at(g, f.caps_first)
            _stop(g, f, group_of(g, e.what), e.value)
            caps = pop(g, f.caps_first, caps)


@inlined
def _add_demands(g, f, first):
    """Prepare links and caps; return how many of each wait for the level at which they bind."""
    full = caps = 0
    slot = first
    while slot >= 0:
        o = group_of(g, slot)
        o.fair_level = -1.0
        if o.cap < math.inf:
            caps = push(g, f.caps_first, caps, o.cap, o.number, 0, slot)
        for place in range(o.hops):
            wire = crossing_of(g, o.first_crossing + place).wire
            full = _add_to(g, f, wire_of(g, wire), wire, o.weight, full)
        slot = o.touched
    for number in range(full):
        # The weights are whole now.
        e = entry_at(g, f.order_first + number)
        push(g, f.full_first, number, _level(wire_of(g, e.what)), number, 0, e.what)
    return full, caps


@inlined
def _add_to(g, f, w, wire, weight, full):
    if w.slack:
        return full
    if not w.filling:
        w.filling, w.left_bps, w.weight, w.rising = 1, w.capacity_bps, 0.0, 0
        entry_at(g, f.order_first + full).what = wire
        full += 1
    w.weight += weight
    w.rising += 1
    return full


@inlined
def _level(w):
    return (w.left_bps if w.left_bps > 0.0 else 0.0) / w.weight


@inlined
def _fill_to(g, f, w, wire, level, number, full):
    if not w.rising:
        return full
    now = _level(w)
    if now > level:
        # Others stopped before they took their share here: this link fills later than expected.
        return push(g, f.full_first, full, now, number, 0, wire)
    place = w.first_crossing
    while place >= 0:
        c = crossing_of(g, place)
        _stop(g, f, group_of(g, c.group), level)
        place = c.next
    return full


@inlined
def _stop(g, f, o, level):
    if o.fair_level >= 0.0:
        return
    o.fair_level = level
    for place in range(o.hops):
        w = wire_of(g, crossing_of(g, o.first_crossing + place).wire)
        if w.slack:
            continue
        w.rising -= 1
        w.weight -= o.weight
        w.left_bps -= o.weight * level
