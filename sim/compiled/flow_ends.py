"""Flows that have ended without their messages knowing: a list of rows for each share."""

from __future__ import annotations

from sim.compiled.compiling import inlined
from sim.compiled.memory import row_of


@inlined
def note_end(g, f, row, end_s):
    """Append a flow to those that have ended and are not known to."""
    x = row_of(g, row)
    x.flow_end_s, x.next = end_s, -1
    if f.ended_first < 0:
        f.ended_first = row
    else:
        row_of(g, f.ended_last).next = row
    f.ended_last = row
