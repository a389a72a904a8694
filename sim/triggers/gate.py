"""Asks when an update would help enough, by the method's own estimate (IntellectReq, arXiv 2302.07335)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.contract import Watch
from agents.contract.component import OptionError, option
from agents.contract.forms import Share, Steps
from sim.triggers.base import Asks
from sim.triggers.limits import LimitOptions, NextTick

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class GateOptions(LimitOptions):
    """When the method's own estimate says that an update would help enough, at ticks."""

    threshold: float | None = option(None, "ask above this")
    quantile: Share | None = option(None, "instead: ask above this quantile of the fleet's gates")
    history: Steps = option(16, "ticks over which the quantile is taken")

    def __post_init__(self) -> None:
        if (self.threshold is None) == (self.quantile is None):
            said = "nothing is given" if self.threshold is None else "both threshold and quantile are given"
            raise OptionError(f"{said}; exactly one is needed: threshold, quantile")


class Gate:
    """A device asks when its gate at a tick is above a threshold, or above a quantile of the fleet's own gates.

    The quantile is taken over the values of all devices at the last ``history`` ticks, the present one included, that
    are finite. A device whose gate is infinite (nothing was ever answered) asks at any quantile.
    """

    watches: tuple[Watch | str, ...] = ("gate",)

    def __init__(self, seed: int, devices: int, tick_s: float, options: GateOptions) -> None:
        self._options, self._next_tick = options, NextTick(seed, devices, tick_s, options)
        self._recent: deque[np.ndarray] = deque(maxlen=options.history)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        if after_s == 0.0 or "gate" not in signals:
            return self._next_tick.asks(_NONE, after_s, until_s)
        gate = signals["gate"]
        return self._next_tick.asks(np.flatnonzero((gate > self._limit(gate)) | (gate == np.inf)), after_s, until_s)

    def _limit(self, gate: np.ndarray) -> float:
        if self._options.quantile is None:
            return float(self._options.threshold or 0.0)
        self._recent.append(gate)
        known = np.concatenate(self._recent)
        known = known[np.isfinite(known)]
        return float(np.quantile(known, self._options.quantile)) if len(known) else np.inf
