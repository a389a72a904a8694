"""Links on which messages share the rate or the newest goes first: ``sharing`` and ``lcfs`` of :mod:`sim.network`."""

from __future__ import annotations

import math

from sim.compiled import clouds, flows, maxmin
from sim.compiled.codes import LCFS, MAXMIN, NEWEST, PS, WORKERS
from sim.compiled.compiling import inlined
from sim.compiled.flow_ends import note_end
from sim.compiled.memory import rate_of, row_of, source_at
from sim.compiled.rates import link_bits, link_when


@inlined
def _served_bits(g, f, now_s):
    return f.credit_bits + link_bits(g, rate_of(g, f.rate), f.at_s, now_s)


@inlined
def _speed(g, f):
    """Return how many workers serve, of a cloud; a link is one."""
    return float(min(f.flows, g.workers)) if f.law == WORKERS else 1.0


@inlined
def _left_of_top(g, f):
    return row_of(g, f.root).bits


@inlined
def _has_grain(g, f):
    rate = rate_of(g, f.rate)
    return rate.grain_bits * rate.factor != 0.0


@inlined
def _end_s(g, f):
    """Return when the next flow ends if none enters or leaves."""
    if f.law == LCFS:
        return link_when(g, rate_of(g, f.rate), f.at_s, _left_of_top(g, f) - f.credit_bits) if f.flows else math.inf
    if f.next_s != f.next_s:
        f.next_s = math.inf
        if f.flows:
            need_bits = (flows.bits_to_next(g, f) - f.credit_bits) / _speed(g, f)
            f.next_s = link_when(g, rate_of(g, f.rate), f.at_s, need_bits)
    return f.next_s


@inlined
def _finish(g, f, end_s):
    if f.law == LCFS:
        if _has_grain(g, f):
            f.credit_bits = _served_bits(g, f, end_s) - _left_of_top(g, f)
        row = f.root
        _unstack(g, f, row_of(g, row))
    else:
        if _has_grain(g, f):
            f.credit_bits = _served_bits(g, f, end_s) - flows.bits_to_next(g, f)
        row = flows.finish(g, f)
    note_end(g, f, row, end_s)
    f.at_s = end_s
    f.next_s = math.nan


@inlined
def _advance(g, f, now_s):
    """Serve all flows up to now, and end those that end by then."""
    while True:
        end_s = _end_s(g, f)
        if not end_s <= now_s:
            break
        _finish(g, f, end_s)
    if f.flows:
        if f.law == LCFS:
            x = row_of(g, f.root)
            rest = x.bits - _served_bits(g, f, now_s)
            x.bits = rest if rest > 0.0 else 0.0
        else:
            f.clock += _speed(g, f) * _served_bits(g, f, now_s) / f.weight
    f.credit_bits = 0.0
    f.at_s = now_s


@inlined
def _unstack(g, f, x):
    """Take a message out of the stack, wherever it is."""
    if f.root == x.id:
        f.root = x.child
    else:
        row_of(g, x.previous).child = x.child
    if x.child >= 0:
        row_of(g, x.child).previous = x.previous
    x.child = x.previous = -1
    f.flows -= 1
    if source_at(g, f.sources + x.device).value == x.id:
        source_at(g, f.sources + x.device).value = -1


@inlined
def enter(g, f, x, now_s, bits, weight):
    """Begin a flow; return the row of the one that it makes stale, -1 for none."""
    if f.law == MAXMIN:
        maxmin.enter(g, f, x, now_s, bits, weight)
        return -1
    _advance(g, f, now_s)
    if f.law == PS:
        flows.enter(g, f, x, bits, weight)
        f.next_s = math.nan
        return -1
    stale = source_at(g, f.sources + x.device).value
    if stale >= 0:
        y = row_of(g, stale)
        y.left_bits = y.bits
        _unstack(g, f, y)
    x.bits, x.child, x.previous = bits, f.root, -1
    if f.root >= 0:
        row_of(g, f.root).previous = x.id
    f.root = x.id
    f.flows += 1
    source_at(g, f.sources + x.device).value = x.id
    return stale


@inlined
def admit(g, f, x):
    """Offer a request to a cloud; return whether there is room for it."""
    if f.law >= NEWEST:
        return clouds.wait(g, f, x)
    _advance(g, f, x.reached_s)
    if g.bounded and f.flows >= g.capacity:
        return False
    flows.enter(g, f, x, x.service_s, 1.0)
    f.next_s = math.nan
    x.started_s = x.reached_s
    return True


@inlined
def leave(g, f, x, now_s):
    """Abort a flow; return the bits that it still had to go."""
    if f.law == MAXMIN:
        return maxmin.leave(g, f, x, now_s)
    _advance(g, f, now_s)
    f.next_s = math.nan
    if f.law == PS:
        return flows.leave(g, f, x)
    left_bits = x.bits
    _unstack(g, f, x)
    return left_bits


@inlined
def next_s(g, f):
    """Return when the next flow ends, or has ended without its message knowing."""
    if f.law == MAXMIN:
        return maxmin.next_s(g, f)
    if f.law >= NEWEST and f.ended_first < 0:
        return clouds.start_s(g, f)
    if f.ended_first >= 0:
        return row_of(g, f.ended_first).flow_end_s
    return _end_s(g, f)


@inlined
def complete(g, f, now_s):
    """Return the first row of the flows that ended up to now, linked by ``next``; -1 for none."""
    if f.law == MAXMIN:
        maxmin.advance(g, f, now_s)
    elif f.law >= NEWEST:
        clouds.begin(g, f, now_s)
    else:
        _advance(g, f, now_s)
    first = f.ended_first
    f.ended_first = f.ended_last = -1
    return first
