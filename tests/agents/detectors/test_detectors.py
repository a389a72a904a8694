"""Detectors against River's, device by device and sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import drift, stats
from river.drift import binary

from agents.detectors import DETECTORS, make_detector
from agents.detectors.kswin import Kswin, KswinOptions

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


class DrawnKswin(drift.KSWIN):
    """River's detector, which looks at those of the older samples that ours looks at."""

    def _reset(self) -> None:
        super()._reset()
        self._rng = self

    def sample(self, older: range, count: int) -> list[int]:
        ours = Kswin(KswinOptions(window=self.window_size, newest=self.stat_size, level=self.alpha))
        drawn = ours.drawn(np.array([self.n]))[0].tolist()
        assert len(set(drawn)) == count
        assert set(drawn) <= set(older)
        return drawn


class ScalarCusum:
    """The chart as a loop, on mean and deviation by River."""

    def __init__(self, minimum: int, tolerance: float, threshold: float) -> None:
        self._options = minimum, tolerance, threshold
        self._reset()

    def _reset(self) -> None:
        self.drift_detected, self._rise, self._variance = False, 0.0, stats.Var()

    def update(self, value: float) -> None:
        if self.drift_detected:
            self._reset()
        minimum, tolerance, threshold = self._options
        if self._variance.mean.n < minimum or self._variance.get() == 0.0:
            self._variance.update(value)
            return
        z = (value - self._variance.mean.get()) / sqrt(self._variance.get())
        self._rise = max(0.0, self._rise + z - tolerance)
        self.drift_detected = self._rise > threshold


def gaussian(seed: int) -> np.ndarray:
    """Return values whose mean and spread jump: float64 [devices, samples]."""
    generator = np.random.default_rng(seed)
    mean, spread = (generator.uniform(low, 2.0, (DEVICES, 3)).repeat(SAMPLES // 3, axis=1) for low in (-2.0, 0.5))
    return mean + spread * generator.normal(size=(DEVICES, SAMPLES))


def rounded(seed: int) -> np.ndarray:
    """Return values among which many are equal."""
    return gaussian(seed).round(0)


CASES: dict[str, tuple[dict[str, Any], Callable[[], Any], Callable[[int], np.ndarray]]] = {
    "page_hinkley": (
        {"threshold": 8.0, "mode": "both", "minimum": 20},
        lambda: drift.PageHinkley(min_instances=20, threshold=8.0, mode="both"),
        losses,
    ),
    "page_hinkley, up": (
        {"threshold": 4.0, "alpha": 0.99, "delta": 0.01},
        lambda: drift.PageHinkley(threshold=4.0, alpha=0.99, delta=0.01, mode="up"),
        bits,
    ),
    "ddm": ({}, binary.DDM, bits),
    "ddm, early": ({"minimum": 5, "threshold": 2.0}, lambda: binary.DDM(warm_start=5, drift_threshold=2.0), bits),
    "ewma": ({"threshold": 2.5}, lambda: ScalarEwma(30, 0.2, 2.5), losses),
    "cusum": ({"threshold": 4.0}, lambda: ScalarCusum(30, 0.5, 4.0), gaussian),
    "hddm_a": ({}, binary.HDDMA, bits),
    "hddm_a, both": (
        {"mode": "both", "confidence": 0.01},
        lambda: binary.HDDMA(drift_confidence=0.01, two_sided_test=True),
        bits,
    ),
    "kswin": ({}, DrawnKswin, gaussian),
    "kswin, ties": (
        {"window": 60, "newest": 20, "level": 0.01},
        lambda: DrawnKswin(0.01, 60, 20),
        rounded,
    ),
    "adwin": ({}, drift.ADWIN, bits),
    "adwin, often": (
        {"delta": 0.05, "clock": 3, "buckets": 3, "part": 2, "minimum": 4},
        lambda: drift.ADWIN(0.05, 3, 3, 2, 4),
        gaussian,
    ),
}
#: Options with which each raises many alarms.
EAGER: dict[str, dict[str, Any]] = {
    **{kind: {"minimum": 10, "threshold": 1.5} for kind in ("page_hinkley", "ddm", "ewma", "cusum")},
    "hddm_a": {"confidence": 0.5},
    "kswin": {"window": 20, "newest": 8, "level": 0.3},
    "adwin": {"delta": 0.9, "clock": 2, "part": 2, "minimum": 4},
}


def alarms_of(scalar: Any, values: np.ndarray) -> list[int]:
    """Return the samples at which a scalar detector raises an alarm."""
    found = []
    for index, value in enumerate(values.tolist()):
        scalar.update(value)
        if scalar.drift_detected:
            found.append(index)
    return found


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
@pytest.mark.parametrize("case", CASES)
def test_alarms_are_those_of_river(case: str, seed: int) -> None:
    options, scalar, stream = CASES[case]
    kind = case.partition(",")[0]
    # River's window of samples takes a hundred times as long as ours.
    detector, values = make_detector(kind, options), stream(seed)[: 4 if kind == "kswin" else DEVICES]
    _, alarms = detector.update(detector.init(len(values)), values, np.ones(values.shape, bool))
    wanted = [alarms_of(scalar(), own) for own in values]
    assert [np.flatnonzero(own).tolist() for own in alarms] == wanted
    assert sum(map(len, wanted)) > (0 if kind == "kswin" else 3)


@pytest.mark.parametrize("kind", DETECTORS)
@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, 120), max_size=6), seed=st.integers(0, 50))
def test_how_samples_are_cut_and_padded_changes_no_alarm(kind: str, cuts: list[int], seed: int) -> None:
    detector, values = make_detector(kind, EAGER[kind]), bits(seed)[:, 240:360]
    _, whole = detector.update(detector.init(DEVICES), values, np.ones(values.shape, bool))
    state, parts, edges = detector.init(DEVICES), [], sorted({0, *cuts, 120})
    for first, end in pairwise(edges):
        padded = np.pad(values[:, first:end], ((0, 0), (0, 3)), constant_values=np.nan)
        state, alarms = detector.update(state, padded, np.isfinite(padded))
        parts.append(alarms[:, :-3])
    assert np.array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize("kind", DETECTORS)
def test_each_alarms_often_enough_to_be_compared(kind: str) -> None:
    detector, values = make_detector(kind, EAGER[kind]), bits(3)
    assert detector.update(detector.init(DEVICES), values, np.ones(values.shape, bool))[1].sum() > 2 * DEVICES


@pytest.mark.parametrize("kind", DETECTORS)
def test_a_device_is_watched_for_itself(kind: str) -> None:
    detector, values = make_detector(kind, EAGER[kind]), bits(4)
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


def test_a_long_window_is_cut_as_by_river() -> None:
    generator = np.random.default_rng(8)
    values = np.concatenate([generator.normal(size=(2, 9000)), 0.4 + generator.normal(size=(2, 3000))], axis=1)
    detector = make_detector("adwin", {})
    _, alarms = detector.update(detector.init(2), values, np.ones(values.shape, bool))
    wanted = [alarms_of(drift.ADWIN(), own) for own in values]
    assert [np.flatnonzero(own).tolist() for own in alarms] == wanted
    assert all(own and own[-1] > 9000 for own in wanted)


def test_a_window_that_is_kept_holds_the_samples_after_the_cut() -> None:
    values = np.repeat([[0.0, 1.0]], [400, 400], axis=1) + 0.1 * np.random.default_rng(1).normal(size=(1, 800))
    detector = make_detector("adwin", {"restart": False})
    state, alarms = detector.update(detector.init(1), values, np.ones(values.shape, bool))
    assert 400 < np.flatnonzero(alarms[0])[0] < 440
    width = int(state["width"][0])
    assert 300 < width <= 400
    assert state["total"][0] / width == pytest.approx(values[0, -width:].mean(), abs=1e-9)
    assert state["variance"][0] / width == pytest.approx(values[0, -width:].var(), rel=1e-6)


def test_an_unknown_detector_or_option_is_named() -> None:
    with pytest.raises(ValueError, match="'cusm' is unknown; known are page_hinkley, ddm, ewma"):
        make_detector("cusm", {})
    with pytest.raises(ValueError, match="ddm has no option 'levels'"):
        make_detector("ddm", {"levels": 3})
    with pytest.raises(ValueError, match="newest: of 100 samples at most half"):
        make_detector("kswin", {"newest": 60})
    with pytest.raises(ValueError, match="level: is never reached by 3 samples"):
        make_detector("kswin", {"newest": 3})
