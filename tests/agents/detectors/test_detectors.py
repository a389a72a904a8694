"""Detectors against River's, device by device and sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import stats
from river.drift import PageHinkley as RiverPageHinkley
from river.drift import binary

from agents.detectors import DETECTORS, make_detector

DEVICES, SAMPLES = 12, 900


def bits(seed: int) -> np.ndarray:
    """Return errors of several devices whose rate changes twice: float64 [devices, samples]."""
    generator = np.random.default_rng(seed)
    rates = generator.uniform(0.0, 1.0, (DEVICES, 3)).repeat(SAMPLES // 3, axis=1)
    # One device never errs at first, and one always: the edges of DDM's standard deviation.
    rates[0, : SAMPLES // 3], rates[1, : SAMPLES // 3] = 0.0, 1.0
    return (generator.uniform(size=rates.shape) < rates).astype(float)


def losses(seed: int) -> np.ndarray:
    """Return losses with jumps in their mean: float64 [devices, samples]."""
    generator = np.random.default_rng(seed)
    return generator.gamma(generator.uniform(0.1, 3.0, (DEVICES, 3)).repeat(SAMPLES // 3, axis=1))


class ScalarEwma:
    """The control chart put together from River's statistics."""

    def __init__(self, minimum: int, fading: float, threshold: float) -> None:
        self._options = minimum, fading, threshold
        self._reset()

    def _reset(self) -> None:
        self.drift_detected, self._weights = False, 0.0
        self._mean, self._variance = stats.Mean(), stats.Var()
        self._chart = stats.EWMean(fading_factor=self._options[1])

    def update(self, value: float) -> None:
        if self.drift_detected:
            self._reset()
        minimum, fading, threshold = self._options
        for statistic in (self._mean, self._variance, self._chart):
            statistic.update(value)
        self._weights = 1.0 if self._mean.n == 1 else fading**2 + (1 - fading) ** 2 * self._weights
        limit = threshold * sqrt(self._variance.get() * self._weights)
        self.drift_detected = self._mean.n >= minimum and self._chart.get() - self._mean.get() > limit


CASES: dict[str, tuple[dict[str, Any], Callable[[], Any], Callable[[int], np.ndarray]]] = {
    "page_hinkley": (
        {"threshold": 8.0, "mode": "both", "minimum": 20},
        lambda: RiverPageHinkley(min_instances=20, threshold=8.0, mode="both"),
        losses,
    ),
    "page_hinkley, up": (
        {"threshold": 4.0, "alpha": 0.99, "delta": 0.01},
        lambda: RiverPageHinkley(threshold=4.0, alpha=0.99, delta=0.01, mode="up"),
        bits,
    ),
    "ddm": ({}, binary.DDM, bits),
    "ddm, early": ({"minimum": 5, "threshold": 2.0}, lambda: binary.DDM(warm_start=5, drift_threshold=2.0), bits),
    "ewma": ({"threshold": 2.5}, lambda: ScalarEwma(30, 0.2, 2.5), losses),
}


def alarms_of(scalar: Any, values: np.ndarray) -> list[int]:
    """Return the samples at which a scalar detector raises an alarm."""
    found = []
    for index, value in enumerate(values.tolist()):
        scalar.update(value)
        if scalar.drift_detected:
            found.append(index)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("case", CASES)
def test_alarms_are_those_of_river(case: str, seed: int) -> None:
    options, scalar, stream = CASES[case]
    detector, values = make_detector(case.partition(",")[0], options), stream(seed)
    _, alarms = detector.update(detector.init(DEVICES), values, np.ones(values.shape, bool))
    wanted = [alarms_of(scalar(), own) for own in values]
    assert [np.flatnonzero(own).tolist() for own in alarms] == wanted
    assert sum(map(len, wanted)) > 3


@pytest.mark.parametrize("kind", DETECTORS)
@given(cuts=st.lists(st.integers(0, 120), max_size=6), seed=st.integers(0, 50))
def test_how_samples_are_cut_and_padded_changes_no_alarm(kind: str, cuts: list[int], seed: int) -> None:
    detector, values = make_detector(kind, {"minimum": 10, "threshold": 1.5}), bits(seed)[:, 240:360]
    _, whole = detector.update(detector.init(DEVICES), values, np.ones(values.shape, bool))
    state, parts, edges = detector.init(DEVICES), [], sorted({0, *cuts, 120})
    for first, end in pairwise(edges):
        padded = np.pad(values[:, first:end], ((0, 0), (0, 3)), constant_values=np.nan)
        state, alarms = detector.update(state, padded, np.isfinite(padded))
        parts.append(alarms[:, :-3])
    assert np.array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize("kind", DETECTORS)
def test_a_device_is_watched_for_itself(kind: str) -> None:
    detector, values = make_detector(kind, {"minimum": 10, "threshold": 1.5}), bits(4)
    there = np.random.default_rng(0).uniform(size=values.shape) < 0.7
    _, together = detector.update(detector.init(DEVICES), values, there)
    for device in range(DEVICES):
        own = values[device, there[device]][None]
        _, alone = detector.update(detector.init(1), own, np.ones(own.shape, bool))
        assert np.array_equal(alone[0], together[device, there[device]])


@pytest.mark.parametrize("kind", DETECTORS)
def test_what_is_given_is_not_written_to(kind: str) -> None:
    detector = make_detector(kind, {})
    state = detector.init(2)
    before = {name: values.copy() for name, values in state.items()}
    detector.update(state, np.ones((2, 3)), np.ones((2, 3), bool))
    assert all(np.array_equal(state[name], values) for name, values in before.items())


def test_false_alarms_of_the_chart_are_as_rare_as_its_limit_says() -> None:
    # Of a fixed limit of three deviations (one-sided) a white process leaves 0.135 % of the samples beyond it.
    detector = make_detector("ewma", {"minimum": 200})
    values = np.random.default_rng(5).normal(size=(400, 600))
    _, alarms = detector.update(detector.init(400), values, np.ones(values.shape, bool))
    # Beyond-the-limit samples come in runs and an alarm starts the chart afresh: the share is an upper bound.
    share = alarms.sum() / (400 * 400)
    assert 0.0001 < share < 0.00135


def test_an_unknown_detector_or_option_is_named() -> None:
    with pytest.raises(ValueError, match="'cusum' is unknown; known are page_hinkley, ddm, ewma"):
        make_detector("cusum", {})
    with pytest.raises(ValueError, match="ddm has no option 'levels'"):
        make_detector("ddm", {"levels": 3})
