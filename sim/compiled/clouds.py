"""Clouds in which later arrivals matter: the laws of :mod:`sim.queues` for ``ps``, ``lcfs`` and batches.

Requests are rows in the list of the cloud's share: ``root`` is the next to be served, ``entered`` the last. Workers
that are shared out have their law in :mod:`sim.compiled.shares`.
"""

from __future__ import annotations

import math

from sim.compiled.codes import BATCHES
from sim.compiled.compiling import inlined
from sim.compiled.flow_ends import note_end
from sim.compiled.memory import row_of, work_at
from sim.compiled.servers import in_system, push_end, serve_at, soonest_s


@inlined
def wait(g, f, x):
    """Offer a request; return whether there is room for it."""
    if f.law != BATCHES:
        f.at_s = x.reached_s
    if g.bounded and f.flows + in_system(g, x.reached_s) >= g.capacity:
        return False
    if f.flows == 0:
        f.root, f.entered, x.child = x.id, x.id, -1
    elif f.law == BATCHES:
        row_of(g, f.entered).child = x.id
        f.entered, x.child = x.id, -1
    else:
        x.child, f.root = f.root, x.id
    f.flows += 1
    return True


@inlined
def start_s(g, f):
    """Return when the next request or batch starts if no other request comes; ``inf`` if none waits."""
    if f.flows == 0:
        return math.inf
    return soonest_s(g, _ready_s(g, f))


@inlined
def begin(g, f, now_s):
    """Note what starts up to now, in the order in which it starts."""
    while f.flows and start_s(g, f) <= now_s:
        if f.law == BATCHES:
            _begin_batch(g, f)
        else:
            x = row_of(g, f.root)
            f.root = x.child
            f.flows -= 1
            began_s, end_s, _ = serve_at(g, f.at_s, x.service_s)
            _assign(g, f, x, began_s, end_s)
    if f.law != BATCHES:
        f.at_s = now_s


@inlined
def _assign(g, f, x, began_s, end_s):
    x.tag = began_s
    if g.bounded:
        push_end(g, end_s)
    note_end(g, f, x.id, end_s)


@inlined
def _ready_s(g, f):
    """Return the moment from which the next of those that wait need not wait for others."""
    if f.law != BATCHES:
        return f.at_s
    x = row_of(g, f.root)
    if f.flows < g.batch_size:
        return x.reached_s + g.batch_wait_s
    for _ in range(g.batch_size - 1):
        x = row_of(g, x.child)
    return x.reached_s


@inlined
def _begin_batch(g, f):
    size, first = min(f.flows, g.batch_size), row_of(g, f.root).ticket
    work_s = work_at(g, g.batches).value + g.batch_each_s * (size - 1)
    began_s, end_s, worker = serve_at(g, _ready_s(g, f), work_s)
    g.batches += 1
    for _ in range(size):
        x = row_of(g, f.root)
        f.root = x.child
        f.flows -= 1
        x.group, x.worker = first, worker
        _assign(g, f, x, began_s, end_s)
