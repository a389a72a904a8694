"""Asks at random, at a given rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from agents.contract import Watch
from agents.seeding import Purpose, uniforms
from sim.triggers.asks import Asks, Numbering, Setting, joined


class Poisson:
    """Each device asks at the points of its own Poisson process of ``rate_per_s``."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, rate_per_s: float) -> None:
        self._numbering = Numbering(devices)
        self._seed, self._rate_per_s = seed, rate_per_s
        self._drawn = np.zeros(devices, np.int64)
        self._next_s = np.full(devices, np.inf)
        if rate_per_s > 0:
            self._next_s = self._gaps(np.arange(devices))

    def _gaps(self, devices: np.ndarray) -> np.ndarray:
        own = uniforms(self._seed, Purpose.TRIGGER_GAP, devices, self._drawn[devices])
        self._drawn[devices] += 1
        return -np.log(own) / self._rate_per_s

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        return cls(setting.seed, setting.devices, options.rate)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        devices, times = [], []
        while len(due := np.flatnonzero(self._next_s <= until_s)):
            devices.append(due)
            times.append(self._next_s[due])
            self._next_s[due] += self._gaps(due)
        return joined(self._numbering, devices, times)
