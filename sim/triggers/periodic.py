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
        self._at_s = self._times_s(np.arange(devices))

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        devices, times = [], []
        due = np.flatnonzero(self._at_s <= until_s)
        while len(due):
            devices.append(due)
            times.append(self._at_s[due])
            self._next[due] += 1
            self._at_s[due] = self._times_s(due)
            due = due[self._at_s[due] <= until_s]
        return joined(self._numbering, devices, times)

    def _times_s(self, devices: np.ndarray) -> np.ndarray:
        """Return when some devices ask next [s]."""
        number = self._next[devices]
        at_s = self._phase_s[devices] + number * self._every_s
        if not self._jitter_s:
            return at_s
        return at_s + self._jitter_s * uniforms(self._seed, Purpose.TRIGGER_JITTER, devices, number)
