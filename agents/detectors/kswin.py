"""KSWIN: the newest samples against some of those before them, by the test of Kolmogorov and Smirnov."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Annotated

import numpy as np

from agents.contract.component import OptionError, option
from agents.contract.forms import Count, Interval, PositiveCount
from agents.detectors.base import SampleBySample, State
from agents.seeding import Purpose, uniforms

#: Two samples are never taken for different whose distributions are as near as this (as in River).
_ALIKE = 0.1


@dataclass(frozen=True)
class KswinOptions:
    """The newest samples are distributed otherwise than those before (equals ``river.drift.KSWIN``, but for the draws).

    Which of the older samples are looked at is drawn at random, alike on all devices.
    """

    level: Annotated[float, Interval(gt=0, lt=1)] = option(0.005, "probability of an alarm by chance, at a test")
    window: PositiveCount = option(100, "samples kept")
    newest: PositiveCount = option(30, "of these, how many are compared, with as many of the older ones")
    seed: Count = option(0, "of which older samples are looked at")

    def __post_init__(self) -> None:
        if 2 * self.newest > self.window:
            raise OptionError(f"of {self.window} samples at most half can be compared with others", "newest")
        if _probability(self.newest, self.newest) > self.level:
            raise OptionError(f"is never reached by {self.newest} samples; write a higher one", "level")


class Kswin(SampleBySample):
    """Keeps a window of samples."""

    def __init__(self, options: KswinOptions) -> None:
        self._options = options
        n = options.newest
        self._least = next(d for d in range(1, n + 1) if _probability(n, d) <= options.level and d / n > _ALIKE)

    def fresh(self, devices: int) -> State:
        return {"count": np.zeros(devices, np.int64), "window": np.zeros((devices, self._options.window))}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        state["count"] = state["count"] + 1
        state["window"] = np.concatenate([state["window"][:, 1:], value[:, None]], axis=1)
        alarms, full = np.zeros(len(value), bool), np.flatnonzero(state["count"] >= self._options.window)
        if len(full):
            alarms[full] = self._differs(state["window"][full], state["count"][full])
        return alarms

    def _differs(self, window: np.ndarray, count: np.ndarray) -> np.ndarray:
        newest = window[:, -self._options.newest :]
        drawn = np.take_along_axis(window, self.drawn(count), axis=1)
        return np.asarray(_largest_gap(newest, drawn) >= self._least)

    def drawn(self, count: np.ndarray) -> np.ndarray:
        """Return the places of the older samples that are looked at after so many samples, int64 [devices, newest]."""
        options, older = self._options, self._options.window - self._options.newest
        numbers = count[:, None] * options.window + np.arange(older)
        uniform = uniforms(options.seed, Purpose.DETECTOR_SAMPLE, 0, numbers)
        return np.argsort(uniform, axis=1, kind="stable")[:, : options.newest]


def _largest_gap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how many more samples of one set than of the other are below some value, at most: int64 [devices]."""
    both = np.concatenate([one, other], axis=1)
    order = np.argsort(both, axis=1, kind="stable")
    values = np.take_along_axis(both, order, axis=1)
    gap = np.cumsum(np.where(order < one.shape[1], 1, -1), axis=1)
    # Equal values are counted together.
    last = np.pad(values[:, 1:] != values[:, :-1], ((0, 0), (0, 1)), constant_values=True)
    return np.asarray(np.where(last, np.abs(gap), 0).max(axis=1))


def _probability(n: int, gap: int) -> float:
    """Return how probable such a gap or a larger one is between two sets of ``n`` samples (Gnedenko, Korolyuk 1951)."""
    signed = sum((-1) ** (k + 1) * comb(2 * n, n - k * gap) for k in range(1, n // gap + 1))
    return 2 * signed / comb(2 * n, n)
