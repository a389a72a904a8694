"""Intervals against scipy, against their promise, and against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import (
    bootstrap_devices,
    paired_difference,
    student_band,
    student_interval,
    worst_decile,
)

FLOATS = st.floats(-1e3, 1e3, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(FLOATS, min_size=2, max_size=12).filter(lambda values: np.std(values) > 1e-6))
def test_interval_is_that_of_scipy(values: list[float]) -> None:
    interval = student_interval(values)
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert (interval.low, interval.high) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))


def test_interval_covers_as_often_as_promised() -> None:
    draws = np.random.default_rng(5).normal(3.0, 2.0, size=(4000, 5))
    hits = [student_interval(list(row)) for row in draws]
    covered = np.mean([interval.low <= 3.0 <= interval.high for interval in hits])
    assert abs(covered - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 4000)


def test_one_seed_has_a_mean_and_no_interval() -> None:
    interval = student_interval([0.7, None, math.nan])
    assert (interval.mean, interval.n) == (0.7, 1)
    assert math.isnan(interval.half)
    assert not interval.clear_of_zero
    assert math.isnan(student_interval([]).mean)


def test_band_is_the_interval_of_each_tick() -> None:
    curves = np.random.default_rng(3).random((4, 6))
    mean, half = student_band(curves)
    for tick in range(6):
        interval = student_interval(list(curves[:, tick]))
        assert (mean[tick], half[tick]) == (pytest.approx(interval.mean), pytest.approx(interval.half))
    assert np.isnan(student_band(curves[:1])[1]).all()


def test_pairs_are_the_paired_t_test_over_common_seeds() -> None:
    generator = np.random.default_rng(1)
    base = dict(enumerate(generator.normal(0.8, 0.1, 6)))
    better = {seed: value + 0.03 + generator.normal(0, 0.005) for seed, value in base.items()}
    interval = paired_difference(better | {99: 0.5}, base | {98: 0.1})
    keys = sorted(base)
    low, high = stats.ttest_rel([better[k] for k in keys], [base[k] for k in keys]).confidence_interval(0.95)
    assert (interval.n, interval.low, interval.high) == (6, pytest.approx(low), pytest.approx(high))
    assert interval.clear_of_zero


def test_pairs_leave_out_what_was_not_measured() -> None:
    assert paired_difference({1: 5.0, 2: None}, {1: 3.0, 2: 1.0}) == pytest.approx(
        (2.0, math.nan, math.nan, 1), nan_ok=True
    )


def test_bootstrap_of_the_mean_is_near_the_normal_interval() -> None:
    generator = np.random.default_rng(2)
    samples = np.full(400, 50)
    correct = generator.binomial(samples, 0.8)
    interval = bootstrap_devices(correct, samples, lambda hits, total: hits.sum() / total.sum())
    normal = 1.96 * np.std(correct / samples, ddof=1) / math.sqrt(400)
    assert interval.mean == correct.sum() / samples.sum()
    assert interval.half == pytest.approx(normal, rel=0.15)


def test_bootstrap_repeats_and_knows_its_limits() -> None:
    correct, samples = np.array([3, 9, 7, 5]), np.full(4, 10)
    assert bootstrap_devices(correct, samples, worst_decile) == bootstrap_devices(correct, samples, worst_decile)
    assert math.isnan(bootstrap_devices(correct[:1], samples[:1], worst_decile).half)
    assert math.isnan(bootstrap_devices(correct[:0], samples[:0], worst_decile).mean)
    idle = bootstrap_devices(np.zeros(3, int), np.zeros(3, int), worst_decile)
    assert math.isnan(idle.mean)


def test_worst_decile_pools_the_worst_tenth() -> None:
    samples = np.array([10, 100, 10, 50] * 10)
    correct = np.array([9, 40, 8, 45] * 10)
    assert worst_decile(correct, samples) == pytest.approx(0.4)
    assert worst_decile(np.array([4, 0]), np.array([5, 0])) == pytest.approx(0.8)
