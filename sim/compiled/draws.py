"""Uniform numbers by their keys: those of :func:`agents.seeding.uniforms`, one at a time."""

from __future__ import annotations

import numpy as np

from sim.compiled.compiling import inlined

_GOLDEN, _MIX_1, _MIX_2 = (np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_30, _27, _31, _11 = (np.uint64(bits) for bits in (30, 27, 31, 11))


@inlined
def _mix(word):
    word = (word ^ (word >> _30)) * _MIX_1
    word = (word ^ (word >> _27)) * _MIX_2
    return word ^ (word >> _31)


@inlined
def draws_of(key, device):
    """Return what the uniforms of a device begin with; ``key`` is that of :func:`agents.seeding.key_of`."""
    return _mix(key ^ _mix(np.uint64(device) + _GOLDEN))


@inlined
def uniform(draws, number):
    """Return the uniform of a number, in (0, 1)."""
    state = _mix(draws ^ _mix(np.uint64(number) + _MIX_2))
    return (np.float64(state >> _11) + 0.5) * 2.0**-53
