"""Devices ask at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.contract import Watch
from agents.contract.component import option
from agents.contract.forms import Frequency
from agents.seeding import Purpose, uniforms
from sim.triggers.base import Asks, Numbering, joined


@dataclass(frozen=True)
class PoissonOptions:
    """At random, each device on its own."""

    rate: Frequency = option(description="requests per time and device; 0 /s: none")


class Poisson:
    """Each device asks at the points of its own Poisson process."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, tick_s: float, options: PoissonOptions) -> None:
        self._numbering = Numbering(devices)
        self._seed, self._rate_per_s = seed, options.rate
        self._drawn = np.zeros(devices, np.int64)
        self._next_s = np.full(devices, np.inf)
        if options.rate > 0:
            self._next_s = self._gaps(np.arange(devices))

    def _gaps(self, devices: np.ndarray) -> np.ndarray:
        own = uniforms(self._seed, Purpose.TRIGGER_GAP, devices, self._drawn[devices])
        self._drawn[devices] += 1
        return -np.log(own) / self._rate_per_s

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        devices, times = [], []
        while len(due := np.flatnonzero(self._next_s <= until_s)):
            devices.append(due)
            times.append(self._next_s[due])
            self._next_s[due] += self._gaps(due)
        return joined(self._numbering, devices, times)
