"""The rate of a link at a moment, and when it changes: what links need that share a fluid."""

from __future__ import annotations

import math

import numpy as np

from sim.compiled.availability import is_there, next_change_s
from sim.compiled.codes import CONSTANT, MARKOV, STEPS
from sim.compiled.compiling import inlined
from sim.compiled.memory import number_at
from sim.compiled.rates import jump, phase_of, step_of


@inlined
def rate_at(g, r, t_s):
    """Return the rate of a link at a time, for links that share a fluid."""
    if r.gate >= 0 and not is_there(g, r.gate, t_s):
        return 0.0
    if r.kind == CONSTANT:
        return r.bps
    if r.kind == MARKOV:
        return number_at(g, r.first + 2 * r.count + jump(g, r, t_s)).value
    bps = 0.0
    if r.repeats or t_s < r.period_s - r.offset_s:
        bps = number_at(g, r.first + r.count + 1 + step_of(g, r, phase_of(r, t_s))).value
    return bps * r.factor if r.scaled else bps


@inlined
def rate_changes_s(g, r, t_s):
    """Return the first time after ``t_s`` that may bring another rate, for links that share a fluid."""
    change_s = math.inf
    if r.kind == MARKOV:
        change_s = number_at(g, r.first + jump(g, r, t_s) + 1).value
    elif r.kind == STEPS and (r.repeats or t_s < r.period_s - r.offset_s):
        phase_s, later_s = phase_of(r, t_s), np.nextafter(t_s, math.inf)
        change_s = t_s + (number_at(g, r.first + step_of(g, r, phase_s) + 1).value - phase_s)
        if later_s > change_s:
            change_s = later_s
    if r.gate >= 0:
        gate_s = next_change_s(g, r.gate, t_s)
        if gate_s < change_s:
            change_s = gate_s
    return change_s
