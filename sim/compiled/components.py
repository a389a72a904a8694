"""Which groups of a max-min network a change touches: all that are connected with it through links that may be full."""

from __future__ import annotations

from sim.compiled.agenda import pop, push
from sim.compiled.compiling import inlined
from sim.compiled.memory import crossing_of, entry_at, group_of, wire_of

#: A link is slack if it could carry this much more, far beyond rounding.
_CLEARLY = 1.0 + 1e-6


@inlined
def component(g, f):
    """Return the first of all groups that a change touches, the oldest first; groups without flows are removed."""
    slot, count = f.stale_first, 0
    while slot >= 0:
        o = group_of(g, slot)
        if o.flows:
            count = _reach(g, f, o, slot, count)
        slot = o.next_stale
    slot, f.stale_first = f.stale_first, -1
    while slot >= 0:
        o = group_of(g, slot)
        if not o.flows:
            _remove(g, o)
            o.stale = 0
            for place in range(o.hops):
                count = _reach_wire(g, f, crossing_of(g, o.first_crossing + place).wire, count)
        slot = o.next_stale
    place = 0
    while place < count:
        o = group_of(g, entry_at(g, f.reached_first + place).what)
        for hop in range(o.hops):
            count = _reach_wire(g, f, crossing_of(g, o.first_crossing + hop).wire, count)
        place += 1
    return _by_age(g, f, count)


@inlined
def bound(w, c, sign):
    """Count what a group can send over a wire at most."""
    if c.bound_bps < 0:
        w.unbounded += sign
    else:
        w.bound_bps += sign * c.bound_bps


@inlined
def _remove(g, o):
    o.there = 0
    o.version += 1
    for place in range(o.first_crossing, o.first_crossing + o.hops):
        c = crossing_of(g, place)
        w = wire_of(g, c.wire)
        bound(w, c, -1)
        if c.previous >= 0:
            crossing_of(g, c.previous).next = c.next
        else:
            w.first_crossing = c.next
        if c.next >= 0:
            crossing_of(g, c.next).previous = c.previous
        else:
            w.last_crossing = c.previous


@inlined
def _reach(g, f, o, slot, count):
    if o.reached:
        return count
    o.reached = 1
    entry_at(g, f.reached_first + count).what = slot
    return count + 1


@inlined
def _reach_wire(g, f, wire, count):
    """Reach all groups with flows over a wire, if none was reached through it before.

    A wire that carries all that its groups can send changes no level, and connects none with another: progressive
    filling would find it full at no level. That has to be so now and when its groups were last settled.
    """
    w = wire_of(g, wire)
    if w.seen == f.settled:
        return count
    w.seen = f.settled
    slack = w.unbounded == 0 and w.capacity_bps > w.bound_bps * _CLEARLY
    if slack and w.slack:
        return count
    w.slack = slack
    place = w.first_crossing
    while place >= 0:
        c = crossing_of(g, place)
        o = group_of(g, c.group)
        if o.flows:
            count = _reach(g, f, o, c.group, count)
        place = c.next
    return count


@inlined
def _by_age(g, f, count):
    """Link the groups that were reached, the oldest first; return the first, -1 for none."""
    f.settled += 1
    left = 0
    for place in range(count):
        slot = entry_at(g, f.reached_first + place).what
        left = push(g, f.order_first, left, group_of(g, slot).number, slot, 0, slot)
    first = last = -1
    while left:
        slot = entry_at(g, f.order_first).what
        left = pop(g, f.order_first, left)
        if last < 0:
            first = slot
        else:
            group_of(g, last).touched = slot
        group_of(g, slot).touched = -1
        last = slot
    return first
