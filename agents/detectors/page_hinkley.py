"""The Page-Hinkley test: a cumulative sum of deviations from the running mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval

from agents.detectors.base import SampleBySample, State, add_to_mean, option


@dataclass(frozen=True)
class PageHinkley(SampleBySample):
    """The Page-Hinkley test: the mean has moved when deviations from it add up (equals ``river.drift.PageHinkley``)."""

    paper: ClassVar[str] = "Page 1954, Biometrika 41"

    minimum: Annotated[int, Ge(1)] = option(30, "samples before the first alarm")
    delta: Annotated[float, Ge(0)] = option(0.005, "deviation that is tolerated")
    threshold: Annotated[float, Gt(0)] = option(50.0, "alarm above this sum of deviations")
    alpha: Annotated[float, Interval(gt=0, le=1)] = option(0.9999, "forgetting factor of the sum")
    mode: Literal["up", "down", "both"] = option("up", "which way the mean must move")

    def fresh(self, devices: int) -> State:
        names = ("count", "mean", "rise", "fall")
        state = {name: np.zeros(devices) for name in names}
        return state | {"lowest": np.full(devices, np.inf), "highest": np.full(devices, -1.0)}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        add_to_mean(state, value)
        deviation = value - state["mean"]
        state["rise"] = self.alpha * state["rise"] + deviation - self.delta
        state["fall"] = self.alpha * state["fall"] + deviation + self.delta
        state["lowest"] = np.minimum(state["lowest"], state["rise"])
        state["highest"] = np.maximum(state["highest"], state["fall"])
        return (state["count"] >= self.minimum) & self._moved(state)

    def _moved(self, state: State) -> np.ndarray:
        up = np.asarray(state["rise"] - state["lowest"] > self.threshold)
        down = np.asarray(state["highest"] - state["fall"] > self.threshold)
        return {"up": up, "down": down, "both": up | down}[self.mode]
