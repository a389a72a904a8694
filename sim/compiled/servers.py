"""The cloud: the laws of :mod:`sim.queues`."""

from __future__ import annotations

import math

import numpy as np

from sim.compiled.availability import is_there, next_change_s
from sim.compiled.calendar import wait_until
from sim.compiled.codes import ARRIVED, CROSSED
from sim.compiled.compiling import inlined
from sim.compiled.memory import rate_of, serving_at, worker_of
from sim.compiled.rates import when


@inlined
def serve(g, x):
    """Let a request into a cloud that serves in the order of arrival; return whether there is room for it."""
    if g.bounded and in_system(g, x.reached_s) >= g.capacity:
        return False
    x.started_s, x.served_s, _ = serve_at(g, x.reached_s, x.service_s)
    if g.bounded:
        push_end(g, x.served_s)
    x.at_s, x.result, x.state = x.served_s, ARRIVED, CROSSED
    wait_until(g, x, x.served_s)
    return True


@inlined
def serve_at(g, now_s, work_s):
    """Give a job to the worker that can begin first; return when it starts and ends, and the worker."""
    first = worker_of(g, 0)
    if first.gate >= 0:
        start_s, place = _soonest(g, now_s)
        worker = worker_of(g, place)
        worker.free_s = when(g, rate_of(g, worker.rate), -1, start_s, work_s)
        return start_s, worker.free_s, place
    start_s, number = first.free_s, np.int64(first.worker)
    if start_s < now_s:
        start_s = now_s
    end_s = start_s + work_s
    _replace_first(g, end_s)
    return start_s, end_s, number


@inlined
def soonest_s(g, now_s):
    """Return when the next job could begin, at or after now."""
    first = worker_of(g, 0)
    if first.gate >= 0:
        return _soonest(g, now_s)[0]
    return first.free_s if first.free_s >= now_s else now_s


@inlined
def _soonest(g, now_s):
    """Return when the next job could begin, and at which worker."""
    best_s, best = math.inf, -1
    for place in range(g.workers):
        worker = worker_of(g, place)
        up_s = worker.free_s if worker.free_s >= now_s else now_s
        while up_s < math.inf and not is_there(g, worker.gate, up_s):
            up_s = next_change_s(g, worker.gate, up_s)
        if best < 0 or up_s < best_s:
            best_s, best = up_s, place
    return best_s, best


@inlined
def _first(some, other):
    return some.free_s < other.free_s or (some.free_s == other.free_s and some.worker < other.worker)


@inlined
def _replace_first(g, end_s):
    """Let the worker that was free first be free at ``end_s``."""
    place, number = 0, worker_of(g, 0).worker
    while True:
        least = 2 * place + 1
        if least >= g.workers:
            break
        if least + 1 < g.workers and _first(worker_of(g, least + 1), worker_of(g, least)):
            least += 1
        below = worker_of(g, least)
        if end_s < below.free_s or (end_s == below.free_s and number < below.worker):
            break
        worker_of(g, place).free_s, worker_of(g, place).worker = below.free_s, below.worker
        place = least
    worker_of(g, place).free_s, worker_of(g, place).worker = end_s, number


@inlined
def in_system(g, now_s):
    """Return how many jobs wait or are served; one that ends now is gone."""
    while g.serving and serving_at(g, 0).value <= now_s:
        g.serving -= 1
        last_s, place = serving_at(g, g.serving).value, 0
        while True:
            least = 2 * place + 1
            if least >= g.serving:
                break
            if least + 1 < g.serving and serving_at(g, least + 1).value < serving_at(g, least).value:
                least += 1
            if last_s <= serving_at(g, least).value:
                break
            serving_at(g, place).value = serving_at(g, least).value
            place = least
        serving_at(g, place).value = last_s
    return g.serving


@inlined
def push_end(g, end_s):
    place = g.serving
    g.serving += 1
    while place > 0 and end_s < serving_at(g, (place - 1) // 2).value:
        serving_at(g, place).value = serving_at(g, (place - 1) // 2).value
        place = (place - 1) // 2
    serving_at(g, place).value = end_s
