"""When something is there: the laws of :mod:`sim.network.availability`, its kin, and of devices' absences."""

from __future__ import annotations

import math

import numpy as np

from sim.compiled.codes import DAILY, RENEWAL
from sim.compiled.compiling import inlined
from sim.compiled.draws import draws_of, uniform
from sim.compiled.memory import gate_of, number_at, part_of


@inlined
def after(g, first, count, value):
    """Return how many of ``count`` sorted entries from ``first`` on are at most ``value``."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if value < number_at(g, first + middle).value:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def before(g, first, count, value):
    """Return how many of ``count`` sorted entries from ``first`` on are below ``value``."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if number_at(g, first + middle).value < value:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def _comes(p, day):
    if p.share >= 1.0:
        return True
    number = 2 * day if day >= 0 else -2 * day - 1
    return uniform(draws_of(p.draws, p.device), number) < p.share


@inlined
def _day(p, t_s):
    """Return the number of the day of some hours, and how far it is gone."""
    day = math.floor((t_s + p.zone_s - p.from_s) / p.day_s)
    into_s = t_s - (day * p.day_s + p.from_s - p.zone_s)
    if into_s >= p.day_s:
        return day + 1, into_s - p.day_s
    return day, into_s


@inlined
def _part_is_there(g, p, t_s):
    if p.kind == DAILY:
        day, into_s = _day(p, t_s)
        return into_s < p.length_s and _comes(p, day)
    if p.kind == RENEWAL:
        return (after(g, p.first, p.count, t_s) % 2 == 1) != (p.inside == 1)
    phase_s = (t_s + p.offset_s) % p.period_s
    return (after(g, p.first, p.count, phase_s) % 2 == 1) == (p.inside == 1)


@inlined
def _part_changes_s(g, p, t_s):
    if p.kind == DAILY:
        if p.length_s >= p.day_s and p.share >= 1.0:
            return math.inf
        day, into_s = _day(p, t_s)
        edge_s = p.length_s if into_s < p.length_s else p.day_s
        at_s = (day * p.day_s + p.from_s - p.zone_s) + edge_s
    elif p.kind == RENEWAL:
        place = after(g, p.first, p.count, t_s)
        return number_at(g, p.first + place).value if place < p.count else math.inf
    else:
        phase_s = (t_s + p.offset_s) % p.period_s
        place = after(g, p.first, p.count, phase_s)
        edge_s = math.inf
        if place < p.count:
            edge_s = number_at(g, p.first + place).value
        elif p.count:
            edge_s = number_at(g, p.first).value + p.period_s
        at_s = t_s + (edge_s - phase_s)
    later_s = np.nextafter(t_s, math.inf)
    return at_s if at_s >= later_s else later_s


@inlined
def is_there(g, gate, t_s):
    """Return whether all parts are there."""
    o = gate_of(g, gate)
    for place in range(o.first, o.first + o.count):  # noqa: SIM110 (compiled code knows no generators)
        if not _part_is_there(g, part_of(g, place), t_s):
            return False
    return True


@inlined
def next_change_s(g, gate, t_s):
    """Return the first time after ``t_s`` at which the whole may change."""
    o = gate_of(g, gate)
    soonest_s, latest_s, away = math.inf, -math.inf, False
    for place in range(o.first, o.first + o.count):
        change_s = _part_changes_s(g, part_of(g, place), t_s)
        if change_s < soonest_s:
            soonest_s = change_s
        if not _part_is_there(g, part_of(g, place), t_s):
            away = True
            if change_s > latest_s:
                latest_s = change_s
    return latest_s if away else soonest_s


@inlined
def next_off_s(g, gate, now_s):
    """Return when a device is next away: now, if it is away already."""
    at_s = now_s
    while at_s <= g.horizon_s and is_there(g, gate, at_s):
        at_s = next_change_s(g, gate, at_s)
    return at_s if at_s <= g.horizon_s else math.inf


@inlined
def next_on_s(g, gate, now_s):
    """Return when a device is next there: now, if it is."""
    at_s = now_s
    while at_s <= g.horizon_s and not is_there(g, gate, at_s):
        at_s = next_change_s(g, gate, at_s)
    return at_s if at_s <= g.horizon_s else math.inf
