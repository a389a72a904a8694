"""HDDM-A: the mean of all samples against its best part, by Hoeffding's inequality."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Annotated

import numpy as np

from agents.contract.component import option
from agents.contract.forms import Interval, OneOf
from agents.detectors.base import SampleBySample, State, add_to_mean

_EXTREMES = ("low", "high")


@dataclass(frozen=True)
class HddmAOptions:
    """An error rate above its best part by more than chance allows (equals ``river.drift.binary.HDDMA``)."""

    confidence: Annotated[float, Interval(gt=0, lt=1)] = option(0.001, "probability of an alarm by chance, at a test")
    mode: Annotated[str, OneOf("up", "both")] = option("up", "which way the mean must move")


class HddmA(SampleBySample):
    """Remembers where the mean was lowest and highest, as far as could be said with confidence."""

    def __init__(self, options: HddmAOptions) -> None:
        self._options = options

    def fresh(self, devices: int) -> State:
        names = ("count", "mean", "low_count", "low_mean", "high_count", "high_mean")
        return {name: np.zeros(devices) for name in names}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        add_to_mean(state, value)
        bound, first = self._bound(state["count"]), state["low_count"] == 0
        for extreme, sign in zip(_EXTREMES, (1.0, -1.0), strict=True):
            count, mean = state[f"{extreme}_count"], state[f"{extreme}_mean"]
            own = sign * mean + self._bound(np.maximum(count, 1.0))
            further = first | (own >= sign * state["mean"] + bound)
            state[f"{extreme}_count"] = np.where(further, state["count"], count)
            state[f"{extreme}_mean"] = np.where(further, state["mean"], mean)
        up = self._moved(state, "low", state["mean"] - state["low_mean"])
        return up if self._options.mode == "up" else up | self._moved(state, "high", state["high_mean"] - state["mean"])

    def _bound(self, count: np.ndarray) -> np.ndarray:
        return np.asarray(np.sqrt(1.0 / (2 * count) * log(1.0 / self._options.confidence)))

    def _moved(self, state: State, extreme: str, by: np.ndarray) -> np.ndarray:
        count, then = state["count"], state[f"{extreme}_count"]
        share = (count - then) / then * (1.0 / count)
        return (then != count) & (by >= np.sqrt(share / 2 * log(2.0 / self._options.confidence)))
