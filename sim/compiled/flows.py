"""The work left of each flow on one virtual clock (:mod:`sim.network.virtual_time`): rows in a pairing heap."""

from __future__ import annotations

from sim.compiled.compiling import inlined
from sim.compiled.exact_sum import add_exactly, exact_sum
from sim.compiled.memory import row_of

# Fewer departures than this do not cost the clock a digit.
_REBASE = 1024


@inlined
def _goes_first(x, y):
    return x.tag < y.tag or (x.tag == y.tag and x.flow_number < y.flow_number)


@inlined
def _melded(g, some, other):
    """Return the root of two heaps that are joined; neither is empty."""
    x, y = row_of(g, some), row_of(g, other)
    if _goes_first(y, x):
        some, other, x, y = other, some, y, x
    y.sibling = x.child
    if x.child >= 0:
        row_of(g, x.child).previous = other
    x.child = other
    y.previous = some
    return some


@inlined
def _joined(g, child):
    """Return the root of the heap of siblings, in two passes; -1 if there is none."""
    pairs = -1
    while child >= 0:
        x = row_of(g, child)
        second, following = x.sibling, -1
        x.sibling = x.previous = -1
        if second >= 0:
            y = row_of(g, second)
            following = y.sibling
            y.sibling = y.previous = -1
            child = _melded(g, child, second)
        # Pairs wait in a list of their own, the last first.
        row_of(g, child).sibling = pairs
        pairs, child = child, following
    root = -1
    while pairs >= 0:
        following = row_of(g, pairs).sibling
        row_of(g, pairs).sibling = -1
        root = pairs if root < 0 else _melded(g, root, pairs)
        pairs = following
    return root


@inlined
def _insert(g, f, x):
    x.child = x.sibling = x.previous = -1
    f.root = x.id if f.root < 0 else _melded(g, f.root, x.id)


@inlined
def _remove(g, f, x):
    """Remove a row, from wherever it is in the heap."""
    below = _joined(g, x.child)
    x.child = -1
    if x.id == f.root:
        f.root = below
        return
    above = row_of(g, x.previous)
    if above.child == x.id:
        above.child = x.sibling
    else:
        above.sibling = x.sibling
    if x.sibling >= 0:
        row_of(g, x.sibling).previous = x.previous
    x.sibling = x.previous = -1
    if below >= 0:
        f.root = _melded(g, f.root, below)


@inlined
def enter(g, f, x, bits, weight):
    """Add a flow."""
    f.entered += 1
    x.tag, x.weight, x.flow_number = f.clock + bits / weight, weight, f.entered
    f.weight += weight
    f.flows += 1
    _insert(g, f, x)


@inlined
def bits_to_next(g, f):
    """Return how many bits, shared by all, bring the next flow to its end; there must be one."""
    rest = row_of(g, f.root).tag - f.clock
    return (rest if rest > 0.0 else 0.0) * f.weight


@inlined
def leave(g, f, x):
    """Remove a flow before its end; return the bits it still had to go."""
    rest = x.tag - f.clock - 0.0 / f.weight
    left_bits = (rest if rest > 0.0 else 0.0) * x.weight
    _remove(g, f, x)
    _departed(g, f, x)
    return left_bits


@inlined
def finish(g, f):
    """Serve all up to the end of the next flow, and remove and return it."""
    x = row_of(g, f.root)
    f.clock = x.tag
    _remove(g, f, x)
    _departed(g, f, x)
    return x.id


@inlined
def _departed(g, f, x):
    f.weight -= x.weight
    f.flows -= 1
    f.departures += 1
    if f.flows == 0:
        f.weight, f.clock, f.departures = 0.0, 0.0, 0
    elif f.departures > max(_REBASE, f.flows):
        _rebase(g, f)


@inlined
def _rebase(g, f):
    """Start the clock again from 0; the weights are summed exactly, in any order."""
    first, going = -1, f.root
    g.partials = 0
    # All rows of the heap, one after the other, through the links that the heap has no more use for.
    f.root = -1
    while going >= 0:
        x = row_of(g, going)
        following = _flattened(g, x)
        x.sibling, first, going = first, going, following
    while first >= 0:
        x = row_of(g, first)
        first = x.sibling
        x.tag -= f.clock
        _insert(g, f, x)
        add_exactly(g, x.weight)
    f.weight = exact_sum(g)
    f.clock = 0.0
    f.departures = 0


@inlined
def _flattened(g, x):
    """Return what follows a row in a list of all rows of its heap: its children go before its siblings."""
    if x.child < 0:
        return x.sibling
    last = x.child
    while row_of(g, last).sibling >= 0:
        last = row_of(g, last).sibling
    row_of(g, last).sibling = x.sibling
    return x.child
