"""The EWMA control chart: a short memory against all samples so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from agents.contract.component import option
from agents.contract.forms import Interval, OneOf
from agents.detectors.base import SampleBySample, State, add_to_mean


@dataclass(frozen=True)
class EwmaOptions:
    """A control chart: an exponentially weighted mean leaves the control limits around the mean of all samples.

    Mean and variance of the process are estimated from the samples since the last alarm (Ross et al. 2012,
    Pattern Recognition Letters 33, for a stream of errors); the chart starts at the first sample.
    """

    minimum: Annotated[int, Interval(ge=2)] = option(30, "samples before the first alarm")
    fading: Annotated[float, Interval(gt=0, le=1)] = option(0.2, "weight of the newest sample")
    threshold: Annotated[float, Interval(gt=0)] = option(3.0, "control limit in standard deviations of the chart")
    mode: Annotated[str, OneOf("up", "down", "both")] = option("up", "which way the mean must move")


class Ewma(SampleBySample):
    """Alarms when the chart has left its control limits."""

    def __init__(self, options: EwmaOptions) -> None:
        self._options = options

    def fresh(self, devices: int) -> State:
        return {name: np.zeros(devices) for name in ("count", "mean", "squares", "chart", "weights")}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        before, first = state["mean"], state["count"] == 0
        add_to_mean(state, value)
        state["squares"] = state["squares"] + (value - before) * (value - state["mean"])
        kept = 1.0 - self._options.fading
        state["chart"] = np.where(first, value, self._options.fading * value + kept * state["chart"])
        # The sum of the squared weights of all samples: the chart's variance in units of the process's.
        state["weights"] = np.where(first, 1.0, self._options.fading**2 + kept**2 * state["weights"])
        return (state["count"] >= self._options.minimum) & self._out_of_control(state)

    def _out_of_control(self, state: State) -> np.ndarray:
        variance = state["squares"] / np.maximum(state["count"] - 1.0, 1.0)
        limit = self._options.threshold * np.sqrt(variance * state["weights"])
        up = np.asarray(state["chart"] - state["mean"] > limit)
        down = np.asarray(state["mean"] - state["chart"] > limit)
        return {"up": up, "down": down, "both": up | down}[self._options.mode]
