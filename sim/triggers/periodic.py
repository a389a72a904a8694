"""Asks at a fixed interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from agents.contract import Watch
from agents.seeding import Purpose, uniforms
from sim.triggers.asks import Asks, Numbering, Setting, joined


class Periodic:
    """Each device asks every ``every_s``, first at its phase.

    With ``phase_s`` None the phase is the device's own uniform in (0, every). With a phase of 0 the first ask
    comes after one whole period: at the start there is nothing to tell yet.
    """

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, every_s: float, phase_s: float | None) -> None:
        self._numbering = Numbering(devices)
        self._every_s = every_s
        own = uniforms(seed, Purpose.TRIGGER_PHASE, np.arange(devices))
        self._phase_s = own * every_s if phase_s is None else np.full(devices, phase_s)
        self._next = np.where(self._phase_s > 0, 0, 1).astype(np.int64)

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        phase_s = None if options.phase == "random" else float(options.phase)
        return cls(setting.seed, setting.devices, options.every, phase_s)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        devices, times = [], []
        while True:
            at_s = self._phase_s + self._next * self._every_s
            due = np.flatnonzero(at_s <= until_s)
            if not len(due):
                break
            devices.append(due)
            times.append(at_s[due])
            self._next[due] += 1
        return joined(self._numbering, devices, times)
