"""How much a rate carries, and when it has carried enough: the laws of :mod:`sim.network.rates` and of traces.

Tables reach to the horizon of the run at least; what comes later never happens, whenever it is.
"""

from __future__ import annotations

import math

from sim.compiled.availability import after, before, is_there, next_change_s
from sim.compiled.codes import CONSTANT, PACKETS, STEPS
from sim.compiled.compiling import inlined
from sim.compiled.memory import moment_at, number_at

_SNAP = 1.0 - 1e-12
_MOST_LAPS = 2.0**62
_SNAP_MS = 1e-3
_MOST_PERIODS = 100_000


@inlined
def step_of(g, r, phase_s):
    """Return the step of a trace at a time within its lap."""
    place = after(g, r.first, r.count + 1, phase_s)
    return (place if place < r.count else r.count) - 1


@inlined
def phase_of(r, t_s):
    x_s = t_s + r.offset_s
    if r.repeats:
        return x_s % r.period_s
    return x_s if x_s < r.period_s else r.period_s


@inlined
def _lap(r, t_s, phase_s):
    """Return how many whole laps lie before a time (Python rounds half to even, and so does this)."""
    return round(((t_s + r.offset_s) - phase_s) / r.period_s) if r.repeats else 0


@inlined
def _carried(g, r, phase_s):
    """Return the bits of a lap up to a time within it."""
    i = step_of(g, r, phase_s)
    rates, bits = r.first + r.count + 1, r.first + 2 * r.count + 1
    return number_at(g, bits + i).value + number_at(g, rates + i).value * (phase_s - number_at(g, r.first + i).value)


@inlined
def _steps_bits(g, r, from_s, until_s):
    phase_s, until_phase_s = phase_of(r, from_s), phase_of(r, until_s)
    lap, until_lap = _lap(r, from_s, phase_s), _lap(r, until_s, until_phase_s)
    step = step_of(g, r, phase_s)
    if lap == until_lap and step == step_of(g, r, until_phase_s):
        return number_at(g, r.first + r.count + 1 + step).value * (until_phase_s - phase_s)
    whole = (until_lap - lap) * r.total_bits
    return whole + _carried(g, r, until_phase_s) - _carried(g, r, phase_s)


@inlined
def _reached_s(g, r, bits):
    """Return the earliest time within a lap by which ``bits`` are carried."""
    edges, rates, carried = r.first, r.first + r.count + 1, r.first + 2 * r.count + 1
    if r.total_bits < bits:
        bits = r.total_bits
    j = before(g, carried, r.count + 1, bits * _SNAP)
    rest_s = (bits - number_at(g, carried + j - 1).value) / number_at(g, rates + j - 1).value
    at_s = number_at(g, edges + j - 1).value + rest_s
    return at_s if at_s <= number_at(g, edges + j).value else number_at(g, edges + j).value


@inlined
def _beyond_s(g, r, target_bits):
    """Return how long after the start of a lap ``target_bits`` have been carried since it."""
    total = r.total_bits
    if total == 0.0 or (not r.repeats and target_bits * _SNAP > total):
        return math.inf
    if target_bits * _SNAP / total > _MOST_LAPS:
        return math.inf
    laps = 0
    if r.repeats:
        laps = max(math.ceil(target_bits * _SNAP / total) - 1, 0)
    return laps * r.period_s + _reached_s(g, r, target_bits - laps * total)


@inlined
def _steps_when(g, r, from_s, bits):
    phase_s = phase_of(r, from_s)
    step = step_of(g, r, phase_s)
    bps = number_at(g, r.first + r.count + 1 + step).value
    if bits <= bps * (number_at(g, r.first + step + 1).value - phase_s):
        return from_s + bits / bps
    return from_s + _beyond_s(g, r, _carried(g, r, phase_s) + bits) - phase_s


@inlined
def _moments_after(g, first, count, at_ms):
    """Return how many of ``count`` sorted moments from ``first`` on are at most ``at_ms``."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if at_ms < moment_at(g, first + middle).value:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def _passed(g, r, t_s):
    """Return how many opportunities lie at or before a time."""
    at_ms = math.floor(t_s * 1e3 + _SNAP_MS) + r.offset_ms
    if not r.repeats:
        return _moments_after(g, r.first, r.count, at_ms)
    last = moment_at(g, r.first + r.count - 1).value
    return (at_ms // last) * r.count + _moments_after(g, r.first, r.count, at_ms % last)


@inlined
def _packets_when(g, r, from_s, bits):
    needed = max(math.ceil(bits / r.grain_bits - 1e-9), 1)
    number = _passed(g, r, from_s) + needed - 1
    lap, place = number // r.count, number % r.count
    if lap and not r.repeats:
        return math.inf
    return (lap * moment_at(g, r.first + r.count - 1).value + moment_at(g, r.first + place).value - r.offset_ms) / 1e3


@inlined
def jump(g, r, t_s):
    """Return the step of a random path at a time; it does not reach beyond the table."""
    place = after(g, r.first, r.count, t_s) - 1
    return place if place < r.count - 1 else r.count - 2


@inlined
def _laid_bits(g, r, step, t_s):
    bits, rates = r.first + r.count, r.first + 2 * r.count
    return number_at(g, bits + step).value + number_at(g, rates + step).value * (
        t_s - number_at(g, r.first + step).value
    )


@inlined
def _markov_bits(g, r, from_s, until_s):
    first, last = jump(g, r, from_s), jump(g, r, until_s)
    if first == last:
        return number_at(g, r.first + 2 * r.count + first).value * (until_s - from_s)
    return _laid_bits(g, r, last, until_s) - _laid_bits(g, r, first, from_s)


@inlined
def _markov_when(g, r, from_s, bits):
    edges, carried, rates = r.first, r.first + r.count, r.first + 2 * r.count
    if from_s >= number_at(g, edges + r.count - 1).value:
        return math.inf
    step = jump(g, r, from_s)
    bps = number_at(g, rates + step).value
    if bits <= bps * (number_at(g, edges + step + 1).value - from_s):
        return from_s + bits / bps
    target_bits = _laid_bits(g, r, step, from_s) + bits
    if number_at(g, carried + r.count - 1).value < target_bits:
        return math.inf
    step = before(g, carried, r.count, target_bits) - 1
    return (
        number_at(g, edges + step).value
        + (target_bits - number_at(g, carried + step).value) / number_at(g, rates + step).value
    )


@inlined
def _own_when(g, r, from_s, bits):
    if r.kind == CONSTANT:
        return from_s + bits / r.bps if r.bps != 0.0 else math.inf
    if r.scaled:
        if r.factor == 0.0:
            return math.inf
        bits = bits / r.factor
        if bits <= 0.0:
            return from_s
    if r.kind == STEPS:
        return _steps_when(g, r, from_s, bits)
    if r.kind == PACKETS:
        return _packets_when(g, r, from_s, bits)
    return _markov_when(g, r, from_s, bits)


@inlined
def _own_bits(g, r, from_s, until_s):
    if r.kind == CONSTANT:
        return r.bps * (until_s - from_s)
    if r.kind == STEPS:
        bits = _steps_bits(g, r, from_s, until_s)
    elif r.kind == PACKETS:
        bits = r.grain_bits * (_passed(g, r, until_s) - _passed(g, r, from_s))
    else:
        bits = _markov_bits(g, r, from_s, until_s)
    return bits * r.factor if r.scaled else bits


@inlined
def _link_when(g, r, from_s, bits):
    """Return when a link has carried ``bits`` > 0, around its outages."""
    end_s = _own_when(g, r, from_s, bits)
    if r.gate < 0 or end_s == math.inf:
        return end_s
    at_s, left_bits, idle = from_s, bits, 0
    while at_s <= g.horizon_s:
        shut_s = next_change_s(g, r.gate, at_s)
        if is_there(g, r.gate, at_s):
            # No bits are left only by rounding.
            end_s = _own_when(g, r, at_s, left_bits) if left_bits > 0.0 else at_s
            if end_s <= shut_s or idle > _MOST_PERIODS:
                return end_s if end_s <= shut_s else math.inf
            carried_bits = _own_bits(g, r, at_s, shut_s)
            idle = 0 if carried_bits != 0.0 else idle + 1
            left_bits -= carried_bits
        at_s = shut_s
    return math.inf


@inlined
def link_bits(g, r, from_s, until_s):
    """Return what a link carries, its outages aside."""
    if r.gate < 0:
        return _own_bits(g, r, from_s, until_s)
    carried_bits, at_s = 0.0, from_s
    while at_s < until_s:
        shut_s = next_change_s(g, r.gate, at_s)
        if is_there(g, r.gate, at_s):
            carried_bits += _own_bits(g, r, at_s, shut_s if shut_s < until_s else until_s)
        at_s = shut_s
    return carried_bits


@inlined
def link_when(g, r, from_s, bits):
    """Return when a link has carried ``bits`` from a time on; ``inf`` for never, and maybe for beyond the horizon."""
    return from_s if bits <= 0.0 else _link_when(g, r, from_s, bits)


@inlined
def when(g, r, gate, from_s, bits):
    """Return when a link has carried ``bits``, only while a device is there (``gate``; -1 for always)."""
    if bits <= 0.0:
        return from_s
    end_s = _link_when(g, r, from_s, bits)
    if gate < 0 or end_s == math.inf:
        return end_s
    at_s, left_bits, idle = from_s, bits, 0
    while at_s <= g.horizon_s:
        shut_s = next_change_s(g, gate, at_s)
        if is_there(g, gate, at_s):
            end_s = link_when(g, r, at_s, left_bits)
            if end_s <= shut_s or idle > _MOST_PERIODS:
                return end_s if end_s <= shut_s else math.inf
            carried_bits = link_bits(g, r, at_s, shut_s)
            idle = 0 if carried_bits != 0.0 else idle + 1
            left_bits -= carried_bits
        at_s = shut_s
    return math.inf


@inlined
def bits(g, r, gate, from_s, until_s):
    """Return what a link carries, only while a device is there (``gate``; -1 for always)."""
    if gate < 0:
        return link_bits(g, r, from_s, until_s)
    carried_bits, at_s = 0.0, from_s
    while at_s < until_s:
        shut_s = next_change_s(g, gate, at_s)
        if is_there(g, gate, at_s):
            carried_bits += link_bits(g, r, at_s, shut_s if shut_s < until_s else until_s)
        at_s = shut_s
    return carried_bits
