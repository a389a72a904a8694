"""Asks after a number of samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from agents.contract import Watch
from agents.seeding import Purpose, uniforms
from sim.triggers.asks import Asks, Numbering, Setting, nobody


class EverySamples:
    """A device asks once it has seen ``n`` samples since it last asked.

    The count is looked at on ticks, as a monitoring device would; the ask leaves at the device's own phase
    within the following tick, so that a fleet never asks in lockstep.
    """

    watches: tuple[Watch | str, ...] = ("samples",)

    def __init__(self, seed: int, devices: int, n: int, tick_s: float) -> None:
        self._numbering = Numbering(devices)
        self._n = n
        self._seen_at_ask = np.zeros(devices, np.int64)
        self._phase_s = uniforms(seed, Purpose.DEVICE_PHASE, np.arange(devices)) * tick_s

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        return cls(setting.seed, setting.devices, options.n, setting.tick_s)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        if "samples" not in signals:
            return nobody(self._numbering)
        seen = signals["samples"]
        due = np.flatnonzero(seen - self._seen_at_ask >= self._n)
        self._seen_at_ask[due] = seen[due]
        return self._numbering.asks(due, np.minimum(after_s + self._phase_s[due], until_s))
