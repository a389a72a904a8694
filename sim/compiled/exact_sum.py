"""Exact sums of floats, as ``math.fsum`` has them (Shewchuk, 1997): only the last step rounds."""

from __future__ import annotations

from sim.compiled.compiling import inlined
from sim.compiled.memory import partial_at


@inlined
def add_exactly(g, value):
    """Add a number to the partial sums, which do not overlap."""
    kept = 0
    for place in range(g.partials):
        partial = partial_at(g, place).value
        if abs(value) < abs(partial):
            value, partial = partial, value
        high = value + partial
        low = partial - (high - value)
        if low != 0.0:
            partial_at(g, kept).value = low
            kept += 1
        value = high
    partial_at(g, kept).value = value
    g.partials = kept + 1


@inlined
def exact_sum(g):
    """Return the sum of all partial sums, rounded once, halves to even."""
    left = g.partials - 1
    high, low = partial_at(g, left).value, 0.0
    while left > 0:
        before = high
        left -= 1
        partial = partial_at(g, left).value
        high = before + partial
        low = partial - (high - before)
        if low != 0.0:
            break
    if left > 0 and (
        (low < 0.0 and partial_at(g, left - 1).value < 0.0) or (low > 0.0 and partial_at(g, left - 1).value > 0.0)
    ):
        twice = low * 2.0
        other = high + twice
        if twice == other - high:
            high = other
    return high
