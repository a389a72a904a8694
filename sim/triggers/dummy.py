"""Asks at random, as often as a detector would: what any detector must beat at equal messages."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, Self

import numpy as np

from agents.contract import InputError, Watch
from agents.seeding import Purpose, rng, uniforms
from sim.triggers.asks import Asks, Setting
from sim.triggers.limits import NextTick


class Dummy:
    """Alarms at random ticks on random devices; they lead to asks as those of a detector do, within the same limits.

    Either ``alarms`` of the whole fleet over the run, exactly so many, or each device at ``rate_per_s``, at most once
    a tick.
    """

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, setting: Setting, next_tick: NextTick, alarms: int | None, rate_per_s: float = 0.0) -> None:
        self._setting, self._next_tick = setting, next_tick
        self._share = rate_per_s * setting.tick_s
        if self._share > 1.0:
            raise InputError("method.trigger.rate", "is more than one alarm a tick; write a lower rate")
        self._chosen = None if alarms is None else _chosen(setting, alarms)

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        return cls(setting, NextTick.build(options, setting), options.alarms, options.rate or 0.0)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        tick_s = self._setting.tick_s
        # An alarm at tick n is noticed at its end, so that there is none before the first has ended.
        ticks = range(max(round(after_s / tick_s), 1), ceil(until_s / tick_s - 1e-9))
        left = [self._next_tick.leave(self._alarmed(n), n * tick_s, min((n + 1) * tick_s, until_s)) for n in ticks]
        device, at_s = zip(*left, strict=True) if left else (([],), ([],))
        return self._next_tick.numbered(np.concatenate(device).astype(np.int64), np.concatenate(at_s))

    def _alarmed(self, tick: int) -> np.ndarray:
        """Return the devices that have an alarm at a tick (from 1)."""
        devices = self._setting.devices
        if self._chosen is None:
            own = uniforms(self._setting.seed, Purpose.DUMMY_ALARM, np.arange(devices), tick)
            return np.flatnonzero(own < self._share)
        first, end = np.searchsorted(self._chosen, [(tick - 1) * devices, tick * devices])
        return self._chosen[first:end] % devices


def _chosen(setting: Setting, alarms: int) -> np.ndarray:
    """Return sorted numbers of (tick, device), all different."""
    cells = (ceil(setting.duration_s / setting.tick_s - 1e-9) - 1) * setting.devices
    if alarms > cells:
        raise InputError("method.trigger.alarms", f"there are only {cells} ticks of all devices to choose from")
    draw = rng(setting.seed, Purpose.DUMMY_ALARM)
    return np.sort(draw.choice(cells, alarms, replace=False, shuffle=False)) if alarms else np.zeros(0, np.int64)
