"""Asks at random, as often as a detector would: what any detector must beat at equal messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from agents.contract import Watch
from agents.contract.component import OptionError, option
from agents.contract.forms import Count, Frequency
from agents.seeding import Purpose, rng, uniforms
from sim.triggers.base import Asks
from sim.triggers.limits import LimitOptions, NextTick


@dataclass(frozen=True, kw_only=True)
class DummyOptions(LimitOptions):
    """At random ticks, as often as a detector would ask: what detectors are compared with at equal messages."""

    alarms: Count | None = option(None, "of the whole fleet over the run, exactly so many")
    rate: Frequency | None = option(None, "instead: alarms per time and device")

    def __post_init__(self) -> None:
        if (self.alarms is None) == (self.rate is None):
            said = "nothing is given" if self.alarms is None else "both alarms and rate are given"
            raise OptionError(f"{said}; exactly one is needed: alarms, rate")


class Dummy:
    """Alarms at random ticks on random devices; they lead to asks as those of a detector do, within the same limits.

    Either ``alarms`` of the whole fleet over the run of ``duration_s``, exactly so many, or each device at ``rate``, at
    most once a tick.
    """

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, tick_s: float, duration_s: float, options: DummyOptions) -> None:
        self._seed, self._devices = seed, devices
        self._next_tick = NextTick(seed, devices, tick_s, options)
        self._share = (options.rate or 0.0) * tick_s
        if self._share > 1.0:
            raise OptionError("is more than one alarm a tick; write a lower rate", "rate")
        ticks = ceil(duration_s / tick_s - 1e-9) - 1
        self._chosen = None if options.alarms is None else _chosen(seed, ticks * devices, options.alarms)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        return self._next_tick.each(self._alarmed, after_s, until_s)

    def _alarmed(self, tick: int) -> np.ndarray:
        """Return the devices that have an alarm at a tick (from 1)."""
        if self._chosen is None:
            own = uniforms(self._seed, Purpose.DUMMY_ALARM, np.arange(self._devices), tick)
            return np.flatnonzero(own < self._share)
        first, end = np.searchsorted(self._chosen, [(tick - 1) * self._devices, tick * self._devices])
        return self._chosen[first:end] % self._devices


def _chosen(seed: int, cells: int, alarms: int) -> np.ndarray:
    """Return sorted numbers of (tick, device), all different, out of so many ``cells``."""
    if alarms > cells:
        raise OptionError(f"there are only {cells} ticks of all devices to choose from", "alarms")
    draw = rng(seed, Purpose.DUMMY_ALARM)
    return np.sort(draw.choice(cells, alarms, replace=False, shuffle=False)) if alarms else np.zeros(0, np.int64)
