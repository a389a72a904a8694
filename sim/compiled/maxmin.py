"""Flows over paths of links that share their rates, as :mod:`sim.network.maxmin` has them.

Groups are flows of one path and one cap per weight, on one virtual clock; a wire is a link. Each group is linked into
the lists of the wires on its path, the oldest first.
"""

from __future__ import annotations

import math

from sim.compiled import flows
from sim.compiled.agenda import pop, push
from sim.compiled.compiling import inlined
from sim.compiled.components import bound, component
from sim.compiled.filling import fill
from sim.compiled.flow_ends import note_end
from sim.compiled.fluid_rates import rate_at, rate_changes_s
from sim.compiled.memory import crossing_of, entry_at, group_of, rate_of, row_of, wire_of


@inlined
def enter(g, f, x, now_s, bits, weight):
    """Begin a flow in the group ``x.path``."""
    advance(g, f, now_s)
    o = group_of(g, x.path)
    if not o.there:
        _create(g, f, o, x.path)
    _advance_group(o, now_s)
    _make_stale(g, f, o, x.path)
    flows.enter(g, o, x, bits, weight)


@inlined
def leave(g, f, x, now_s):
    """Abort a flow; return the bits that it still had to go."""
    advance(g, f, now_s)
    o = group_of(g, x.path)
    _advance_group(o, now_s)
    _make_stale(g, f, o, x.path)
    return flows.leave(g, o, x)


@inlined
def next_s(g, f):
    """Return when the next thing happens by itself: a flow ends or a link in use changes its rate."""
    _settle(g, f)
    if f.ended_first >= 0:
        return row_of(g, f.ended_first).flow_end_s
    return _event_s(g, f, f.at_s)


@inlined
def advance(g, f, now_s):
    """Let everything happen up to now; at one moment, ends come before changes of rate."""
    while True:
        event_s = _event_s(g, f, now_s)
        if not event_s <= now_s:
            break
        f.at_s = event_s
        if _first_end_s(g, f) <= event_s:
            slot = entry_at(g, f.ends_first).what
            f.ends = pop(g, f.ends_first, f.ends)
            _finish(g, f, group_of(g, slot), slot)
        else:
            wire = entry_at(g, f.changes_first).what
            f.changes = pop(g, f.changes_first, f.changes)
            _change(g, f, wire_of(g, wire), wire)
    f.at_s = now_s


@inlined
def _event_s(g, f, now_s):
    if now_s > f.at_s:
        _settle(g, f)
    change_s = entry_at(g, f.changes_first).value if f.changes else math.inf
    end_s = _first_end_s(g, f)
    return end_s if end_s <= change_s else change_s


@inlined
def _first_end_s(g, f):
    """Return when the next flow ends; entries that a later one replaces are forgotten."""
    while f.ends:
        e = entry_at(g, f.ends_first)
        if group_of(g, e.what).version == e.version:
            return e.value
        f.ends = pop(g, f.ends_first, f.ends)
    return math.inf


@inlined
def _create(g, f, o, slot):
    o.there, o.number, o.at_s, o.level = 1, f.entered, f.at_s, 0.0
    f.entered += 1
    o.clock = o.weight = 0.0
    o.entered = o.departures = o.flows = 0
    o.root = -1
    for place in range(o.first_crossing, o.first_crossing + o.hops):
        c = crossing_of(g, place)
        w = wire_of(g, c.wire)
        if w.first_crossing < 0:
            w.capacity_bps = rate_at(g, rate_of(g, w.rate), f.at_s)
            _expect_change(g, f, w, c.wire)
            w.first_crossing = place
        else:
            crossing_of(g, w.last_crossing).next = place
        c.previous, c.next, w.last_crossing = w.last_crossing, -1, place
        bound(w, c, 1)


@inlined
def _expect_change(g, f, w, wire):
    if w.expected:
        return
    change_s = rate_changes_s(g, rate_of(g, w.rate), f.at_s)
    if change_s < math.inf:
        w.expected = 1
        f.changes = push(g, f.changes_first, f.changes, change_s, wire, 0, wire)


@inlined
def _change(g, f, w, wire):
    w.expected = 0
    if w.first_crossing < 0:
        return
    bps = rate_at(g, rate_of(g, w.rate), f.at_s)
    if bps != w.capacity_bps:
        w.capacity_bps = bps
        place = w.first_crossing
        while place >= 0:
            c = crossing_of(g, place)
            _make_stale(g, f, group_of(g, c.group), c.group)
            place = c.next
    _expect_change(g, f, w, wire)


@inlined
def _make_stale(g, f, o, slot):
    if not o.stale:
        o.stale, o.next_stale, f.stale_first = 1, f.stale_first, slot


@inlined
def _advance_group(o, now_s):
    """Serve the flows of a group at their present level up to now."""
    if o.flows and now_s > o.at_s:
        o.clock += (o.level * o.weight * (now_s - o.at_s)) / o.weight
    o.at_s = now_s


@inlined
def _finish(g, f, o, slot):
    """Let the first flows of a group end now."""
    _make_stale(g, f, o, slot)
    o.at_s = f.at_s
    note_end(g, f, flows.finish(g, o), f.at_s)
    while o.flows and flows.bits_to_next(g, o) == 0.0:
        note_end(g, f, flows.finish(g, o), f.at_s)


@inlined
def _expect_end(g, f, o, slot):
    """Replace the expected end of a group by its next one."""
    o.version += 1
    if not o.flows:
        return
    bits = flows.bits_to_next(g, o)
    end_s = o.at_s
    if bits != 0.0:
        end_s = o.at_s + bits / (o.level * o.weight) if o.level != 0.0 else math.inf
    if end_s == math.inf:
        return
    if f.ends == f.ends_room:
        _purge(g, f)
    f.ends = push(g, f.ends_first, f.ends, end_s, o.number, o.version, slot)


@inlined
def _purge(g, f):
    """Forget all entries that a later one replaces."""
    count, f.ends = f.ends, 0
    for place in range(count):
        e = entry_at(g, f.ends_first + place)
        if group_of(g, e.what).version == e.version:
            f.ends = push(g, f.ends_first, f.ends, e.value, e.number, e.version, e.what)


@inlined
def _settle(g, f):
    """Give every flow that is connected to a change its new rate, from now on."""
    if f.stale_first < 0:
        return
    first = component(g, f)
    fill(g, f, first)
    slot = first
    while slot >= 0:
        o = group_of(g, slot)
        for place in range(o.hops):
            wire_of(g, crossing_of(g, o.first_crossing + place).wire).filling = 0
        if o.fair_level != o.level or o.stale:
            _advance_group(o, f.at_s)
            o.level, o.stale = o.fair_level, 0
            _expect_end(g, f, o, slot)
        o.reached, slot = 0, o.touched
