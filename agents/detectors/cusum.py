"""The CUSUM chart: deviations beyond a tolerance add up, and never count for less than nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from agents.contract.component import option
from agents.contract.forms import Interval, OneOf, PositiveNumber
from agents.detectors.base import SampleBySample, State, add_to_mean


@dataclass(frozen=True)
class CusumOptions:
    """The CUSUM chart: standardised deviations beyond a tolerance add up (not in River).

    Mean and deviation of the process are given, or those of the first samples: at least ``minimum``, and until they
    vary.
    """

    minimum: Annotated[int, Interval(ge=2)] = option(30, "samples from which mean and deviation are estimated")
    tolerance: Annotated[float, Interval(ge=0)] = option(0.5, "half the shift that is looked for, in deviations")
    threshold: PositiveNumber = option(5.0, "alarm above this sum, in deviations")
    mode: Annotated[str, OneOf("up", "down", "both")] = option("up", "which way the mean must move")
    mean: float | None = option(None, "of the process, where it is known; default: estimated")
    deviation: PositiveNumber | None = option(None, "of the process, where it is known; default: estimated")


class Cusum(SampleBySample):
    """Alarms when one of the sums is above the threshold."""

    def __init__(self, options: CusumOptions) -> None:
        self._options = options
        self._estimates = options.mean is None or options.deviation is None

    def fresh(self, devices: int) -> State:
        return {name: np.zeros(devices) for name in ("count", "mean", "squares", "rise", "fall")}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        ready = self._ready(state)
        self._estimate(state, value, ~ready)
        z = np.where(ready, self._standardised(state, value), 0.0)
        state["rise"] = np.maximum(0.0, state["rise"] + z - self._options.tolerance)
        state["fall"] = np.maximum(0.0, state["fall"] - z - self._options.tolerance)
        up, down = (np.asarray(state[name] > self._options.threshold) for name in ("rise", "fall"))
        return {"up": up, "down": down, "both": up | down}[self._options.mode]

    def _ready(self, state: State) -> np.ndarray:
        """Return whether the process is known before this sample."""
        if not self._estimates:
            return np.ones(len(state["count"]), bool)
        return (state["count"] >= self._options.minimum) & (state["squares"] > 0.0)

    def _estimate(self, state: State, value: np.ndarray, estimating: np.ndarray) -> None:
        own = {name: values[estimating] for name, values in state.items()}
        before, value = own["mean"], value[estimating]
        add_to_mean(own, value)
        own["squares"] = own["squares"] + (value - before) * (value - own["mean"])
        for name in ("count", "mean", "squares"):
            state[name][estimating] = own[name]

    def _standardised(self, state: State, value: np.ndarray) -> np.ndarray:
        options = self._options
        mean = state["mean"] if options.mean is None else options.mean
        variance = state["squares"] / np.maximum(state["count"] - 1.0, 1.0)
        deviation = np.sqrt(np.where(variance > 0.0, variance, 1.0)) if options.deviation is None else options.deviation
        return np.asarray((value - mean) / deviation)
