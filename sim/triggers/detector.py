"""Asks when a change detector raises an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from agents.contract import Watch
from sim.triggers.asks import Asks, Setting
from sim.triggers.limits import NextTick

_NONE = np.zeros(0, np.int64)


class Detector:
    """A device asks when its detector has raised an alarm; ticks notice it, as those of a monitoring device would."""

    def __init__(self, watch: Watch, next_tick: NextTick) -> None:
        self.watches: tuple[Watch | str, ...] = (watch,)
        self._alarm, self._next_tick = watch.alarm, next_tick

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        return cls(watch_of(options), NextTick.build(options, setting))

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        # Nothing is known before the first tick, even where another trigger has watched until now.
        alarmed = after_s > 0.0 and self._alarm in signals
        device = np.flatnonzero(signals[self._alarm]) if alarmed else _NONE
        return self._next_tick.asks(device, after_s, until_s)


def watch_of(options: Any) -> Watch:
    """Return what the data plane watches for a trigger's options."""
    chosen = options.detector.plain()
    kind = chosen.pop("kind")
    return Watch(options.signal, kind, tuple(chosen.items()))
