"""DDM: the error rate against the best that it has been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from agents.detectors.base import SampleBySample, State, add_to_mean, option


@dataclass(frozen=True)
class Ddm(SampleBySample):
    """The drift detection method: an error rate well above its lowest value (equals ``river.drift.binary.DDM``)."""

    paper: ClassVar[str] = "Gama et al. 2004, SBIA"
    binary: ClassVar[bool] = True

    minimum: Annotated[int, Ge(1)] = option(30, "samples before the first alarm")
    threshold: Annotated[float, Gt(0)] = option(3.0, "alarm this many standard deviations above the lowest rate")

    def fresh(self, devices: int) -> State:
        state = {name: np.zeros(devices) for name in ("count", "mean", "deviation_at_lowest")}
        return state | {"lowest": np.full(devices, np.inf), "lowest_with_deviation": np.full(devices, np.inf)}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        add_to_mean(state, value)
        rate, count = state["mean"], state["count"]
        # Rounding may leave a rate of one a hair above one.
        deviation = np.sqrt(np.maximum(rate * (1.0 - rate), 0.0) / count)
        ready = count > self.minimum
        lower = ready & (rate + deviation <= state["lowest_with_deviation"])
        state["lowest"] = np.where(lower, rate, state["lowest"])
        state["deviation_at_lowest"] = np.where(lower, deviation, state["deviation_at_lowest"])
        state["lowest_with_deviation"] = np.where(lower, rate + deviation, state["lowest_with_deviation"])
        return ready & (rate + deviation > state["lowest"] + self.threshold * state["deviation_at_lowest"])
