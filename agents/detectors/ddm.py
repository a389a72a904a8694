"""DDM: the error rate against the best that it has been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from agents.contract.component import option
from agents.contract.forms import Interval
from agents.detectors.base import SampleBySample, State, add_to_mean


@dataclass(frozen=True)
class DdmOptions:
    """The drift detection method: an error rate well above its lowest value (equals ``river.drift.binary.DDM``)."""

    minimum: Annotated[int, Interval(ge=1)] = option(30, "samples before the first alarm")
    threshold: Annotated[float, Interval(gt=0)] = option(
        3.0, "alarm this many standard deviations above the lowest rate"
    )


class Ddm(SampleBySample):
    """Alarms when the error rate has left its lowest value."""

    def __init__(self, options: DdmOptions) -> None:
        self._options = options

    def fresh(self, devices: int) -> State:
        state = {name: np.zeros(devices) for name in ("count", "mean", "deviation_at_lowest")}
        return state | {"lowest": np.full(devices, np.inf), "lowest_with_deviation": np.full(devices, np.inf)}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        add_to_mean(state, value)
        rate, count = state["mean"], state["count"]
        # Rounding may leave a rate of one a hair above one.
        deviation = np.sqrt(np.maximum(rate * (1.0 - rate), 0.0) / count)
        ready = count > self._options.minimum
        lower = ready & (rate + deviation <= state["lowest_with_deviation"])
        state["lowest"] = np.where(lower, rate, state["lowest"])
        state["deviation_at_lowest"] = np.where(lower, deviation, state["deviation_at_lowest"])
        state["lowest_with_deviation"] = np.where(lower, rate + deviation, state["lowest_with_deviation"])
        return ready & (rate + deviation > state["lowest"] + self._options.threshold * state["deviation_at_lowest"])
