"""Links on which messages share the rate or the newest goes first: ``sharing`` and ``lcfs`` of :mod:`sim.network`."""

from __future__ import annotations

import math

from sim.compiled import flows
from sim.compiled.codes import LCFS, PS
from sim.compiled.compiling import inlined
from sim.compiled.memory import rate_of, row_of, source_at
from sim.compiled.rates import link_bits, link_when


@inlined
def _served_bits(g, f, now_s):
    return f.credit_bits + link_bits(g, rate_of(g, f.rate), f.at_s, now_s)


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
            f.next_s = link_when(g, rate_of(g, f.rate), f.at_s, flows.bits_to_next(g, f) - f.credit_bits)
    return f.next_s


@inlined
def _note_end(g, f, row, end_s):
    """Append a flow to those that have ended and are not known to."""
    x = row_of(g, row)
    x.flow_end_s, x.next = end_s, -1
    if f.ended_first < 0:
        f.ended_first = row
    else:
        row_of(g, f.ended_last).next = row
    f.ended_last = row


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
    _note_end(g, f, row, end_s)
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
            f.clock += _served_bits(g, f, now_s) / f.weight
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
def leave(g, f, x, now_s):
    """Abort a flow; return the bits that it still had to go."""
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
    if f.ended_first >= 0:
        return row_of(g, f.ended_first).flow_end_s
    return _end_s(g, f)


@inlined
def complete(g, f, now_s):
    """Return the first row of the flows that ended up to now, linked by ``next``; -1 for none."""
    _advance(g, f, now_s)
    first = f.ended_first
    f.ended_first = f.ended_last = -1
    return first
