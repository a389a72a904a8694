"""The Page-Hinkley test: a cumulative sum of deviations from the running mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from agents.contract.component import option
from agents.contract.forms import Interval, OneOf
from agents.detectors.base import SampleBySample, State, add_to_mean


@dataclass(frozen=True)
class PageHinkleyOptions:
    """The Page-Hinkley test: the mean has moved when deviations from it add up (equals ``river.drift.PageHinkley``)."""

    minimum: Annotated[int, Interval(ge=1)] = option(30, "samples before the first alarm")
    delta: Annotated[float, Interval(ge=0)] = option(0.005, "deviation that is tolerated")
    threshold: Annotated[float, Interval(gt=0)] = option(50.0, "alarm above this sum of deviations")
    alpha: Annotated[float, Interval(gt=0, le=1)] = option(0.9999, "forgetting factor of the sum")
    mode: Annotated[str, OneOf("up", "down", "both")] = option("up", "which way the mean must move")


class PageHinkley(SampleBySample):
    """Alarms when the sum of deviations has moved from its extreme by the threshold."""

    def __init__(self, options: PageHinkleyOptions) -> None:
        self._options = options

    def fresh(self, devices: int) -> State:
        names = ("count", "mean", "rise", "fall")
        state = {name: np.zeros(devices) for name in names}
        return state | {"lowest": np.full(devices, np.inf), "highest": np.full(devices, -1.0)}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        add_to_mean(state, value)
        deviation = value - state["mean"]
        state["rise"] = self._options.alpha * state["rise"] + deviation - self._options.delta
        state["fall"] = self._options.alpha * state["fall"] + deviation + self._options.delta
        state["lowest"] = np.minimum(state["lowest"], state["rise"])
        state["highest"] = np.maximum(state["highest"], state["fall"])
        return (state["count"] >= self._options.minimum) & self._moved(state)

    def _moved(self, state: State) -> np.ndarray:
        up = np.asarray(state["rise"] - state["lowest"] > self._options.threshold)
        down = np.asarray(state["highest"] - state["fall"] > self._options.threshold)
        return {"up": up, "down": down, "both": up | down}[self._options.mode]
