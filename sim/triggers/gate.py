"""Asks when an update would help enough, by the method's own estimate (IntellectReq, arXiv 2302.07335)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from agents.contract import Watch
from sim.triggers.asks import Asks, Setting
from sim.triggers.limits import NextTick

_NONE = np.zeros(0, np.int64)


class Gate:
    """A device asks when its gate at a tick is above a threshold, or above a quantile of the fleet's own gates.

    The quantile is taken over the values of all devices at the last ``history`` ticks, the present one included.
    """

    watches: tuple[Watch | str, ...] = ("gate",)

    def __init__(self, next_tick: NextTick, threshold: float | None, quantile: float = 1.0, history: int = 1) -> None:
        self._next_tick, self._threshold, self._quantile = next_tick, threshold, quantile
        self._recent: deque[np.ndarray] = deque(maxlen=history)

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        next_tick = NextTick.build(options, setting)
        return cls(next_tick, options.threshold, options.quantile or 0.0, options.history)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        if after_s == 0.0 or "gate" not in signals:
            return self._next_tick.asks(_NONE, after_s, until_s)
        gate = signals["gate"]
        return self._next_tick.asks(np.flatnonzero(gate > self._limit(gate)), after_s, until_s)

    def _limit(self, gate: np.ndarray) -> float:
        if self._threshold is not None:
            return self._threshold
        self._recent.append(gate)
        known = np.concatenate(self._recent)
        known = known[np.isfinite(known)]
        return float(np.quantile(known, self._quantile)) if len(known) else np.inf
