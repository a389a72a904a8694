"""Devices ask every so often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.contract import Watch
from agents.contract.component import OptionError, option
from agents.contract.forms import PhaseTime, PositiveTime, Time
from agents.seeding import Purpose, uniforms
from sim.triggers.base import Asks, Numbering, joined


@dataclass(frozen=True)
class PeriodicOptions:
    """Every so often."""

    every: PositiveTime = option(description="time between requests")
    phase: PhaseTime = option("random", "time of the first; random: each device its own in (0, every)")
    jitter: Time = option(0.0, "each request comes later by a random time of up to this")

    def __post_init__(self) -> None:
        if self.jitter > self.every:
            raise OptionError("is longer than the period: requests would overtake each other", "jitter")


class Periodic:
    """Each device asks every ``every``, first at its phase.

    With a phase of 0 the first ask comes after one whole period: at the start there is nothing to report yet.
    """

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, tick_s: float, options: PeriodicOptions) -> None:
        self._numbering = Numbering(devices)
        self._every_s = options.every
        own = uniforms(seed, Purpose.TRIGGER_PHASE, np.arange(devices))
        random = options.phase == "random"
        self._phase_s = own * options.every if random else np.full(devices, float(options.phase))
        self._seed, self._jitter_s = seed, options.jitter
        self._next = np.where(self._phase_s > 0, 0, 1).astype(np.int64)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        devices, times = [], []
        while True:
            at_s = self._phase_s + self._next * self._every_s + self._late_s()
            due = np.flatnonzero(at_s <= until_s)
            if not len(due):
                break
            devices.append(due)
            times.append(at_s[due])
            self._next[due] += 1
        return joined(self._numbering, devices, times)

    def _late_s(self) -> np.ndarray | float:
        """Return how much later than its time the next request of each device comes [s]."""
        if not self._jitter_s:
            return 0.0
        return self._jitter_s * uniforms(self._seed, Purpose.TRIGGER_JITTER, np.arange(len(self._next)), self._next)
