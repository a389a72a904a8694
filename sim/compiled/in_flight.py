"""What a device does that asks while an exchange of its own is under way: :mod:`sim.exchanges.in_flight`."""

from __future__ import annotations

from sim.compiled.codes import DROP, OUTCOME_OF, REPLACE, SUPERSEDED
from sim.compiled.compiling import inlined
from sim.compiled.memory import device_of, row_of

_SUPERSEDED = OUTCOME_OF[SUPERSEDED]


@inlined
def admit(g, x, device):
    """Return whether an exchange leaves now; else it waits, or it is dropped and over."""
    if g.policy == REPLACE and device.newest >= 0:
        row_of(g, device.newest).outcome = _SUPERSEDED
    elif device.newest >= 0:
        _wait_or_drop(g, x, device)
        return False
    device.newest = device.last = x.id
    return True


@inlined
def _wait_or_drop(g, x, device):
    if g.policy == DROP:
        drop(g, x)
        return
    row_of(g, device.last).waiting = x.id
    device.last = x.id


@inlined
def drop(g, x):
    """Drop an ask because its device is busy."""
    g.dropped += 1
    x.over = 1


@inlined
def released(g, x):
    """Note that the exchange of a device is over; return the next one to leave, if one waits."""
    device = device_of(g, x.device)
    if device.newest != x.id:
        return -1
    device.newest = x.waiting
    return x.waiting
