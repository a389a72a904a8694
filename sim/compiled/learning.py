"""Devices that learn by themselves: the process of :mod:`sim.exchanges.learning`."""

from __future__ import annotations

from sim.compiled.availability import is_there
from sim.compiled.calendar import wait_until
from sim.compiled.codes import IN_FLIGHT, INSTALLED, LEARNING, OUTCOME_OF, REPORT, STEPS, SUPERSEDED
from sim.compiled.compiling import inlined
from sim.compiled.in_flight import admit, drop
from sim.compiled.memory import device_of, row_of
from sim.compiled.rows import follow, record, take_ticket

_SUPERSEDED = OUTCOME_OF[SUPERSEDED]


@inlined
def begin_learning(g, row):
    """Let a device learn now, unless it is away, or learning already."""
    x = row_of(g, row)
    device = device_of(g, x.device)
    if device.gate >= 0 and not is_there(g, device.gate, g.now_s):
        g.away += 1
        x.over = 1
    elif device.learner >= 0:
        drop(g, x)
    else:
        record(g, x)
        learn(g, x)


@inlined
def learn(g, x):
    """Learn from what the device has now; what it learns takes effect when its steps are done."""
    device_of(g, x.device).learner = x.id
    x.sent_s, x.attempt, x.state = g.now_s, 0, LEARNING
    if g.steps >= 0:
        wait_until(g, x, x.sent_s + g.steps * x.step_s)
    else:
        g.pending, g.asking = STEPS, x.id


@inlined
def learnt(g, x):
    """Note that a device has done its steps; return the row that begins then: its report, or a request that waits."""
    device = device_of(g, x.device)
    device.learner = -1
    x.over = 1
    if x.outcome == IN_FLIGHT:
        x.installed_s, x.outcome = g.now_s, INSTALLED
        device.model_changes += 1
    x.ended_s = g.now_s
    if not x.ranked:
        return report(g, x)
    return _leave_late(g, device)


@inlined
def report(g, x):
    """Return the row of what a device reports of its round."""
    y = follow(g, x, REPORT)
    take_ticket(g, y)
    record(g, y)
    return y.id


@inlined
def _leave_late(g, device):
    """Let a request leave that had to wait for its device; it is dropped if another one is under way."""
    row, device.held = device.held, -1
    if row < 0:
        return -1
    x = row_of(g, row)
    if admit(g, x, device):
        return row
    if x.over:
        x.outcome = _SUPERSEDED
    return -1
