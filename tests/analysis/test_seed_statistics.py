"""Intervals against scipy, against their promise, and against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.compare import with_interval
from analysis.metrics import METRICS
from analysis.significance import MARGIN, Verdict, equivalent, holm, p_value, seeds_to_decide, verdict
from analysis.statistics import (
    bootstrap_devices,
    paired_difference,
    student_band,
    student_interval,
    wilson_interval,
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
    found = paired_difference({1: 5.0, 2: None}, {1: 3.0, 2: 1.0})
    assert (found.mean, found.n, math.isnan(found.half)) == (2.0, 1, True)


def test_a_share_never_leaves_zero_to_one() -> None:
    interval = student_interval([0.99, 1.0, 0.9]).within(0.0, 1.0)
    assert (interval.high, interval.even) == (1.0, False)
    assert with_interval(METRICS["accuracy"], interval) == "96.33 [82.65, 100.00]"
    two_of_three = wilson_interval(2, 3)
    assert (two_of_three.low, two_of_three.high) == (pytest.approx(0.2077, abs=1e-4), pytest.approx(0.9385, abs=1e-4))
    assert (wilson_interval(0, 3).low, wilson_interval(3, 3).high) == (0.0, 1.0)
    assert wilson_interval(0, 0).n == 0


def test_the_p_value_is_that_of_scipy() -> None:
    values = [0.4, 0.1, 0.3, -0.1, 0.2]
    assert p_value(student_interval(values)) == pytest.approx(stats.ttest_1samp(values, 0.0).pvalue)


def test_what_does_not_vary_is_no_finding() -> None:
    exact = student_interval([-207.76] * 5)
    assert not exact.clear_of_zero
    assert verdict(exact) is Verdict.SAME
    assert math.isnan(p_value(exact))


def test_holm_is_the_step_down_of_the_textbook() -> None:
    """Holm (1979): thresholds 0.05/4, 0.05/3, 0.05/2, 0.05/1, in order, until the first that fails."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == [True, False, False, True]
    assert holm([0.01, math.nan, 0.03]) == [True, False, True]
    assert holm([]) == []


def test_holm_keeps_the_chance_of_any_false_finding() -> None:
    draws = np.random.default_rng(8).normal(size=(2000, 12, 5))
    wrong = [any(holm([p_value(student_interval(list(cell))) for cell in table])) for table in draws[:600]]
    assert np.mean(wrong) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_equivalence_is_two_one_sided_tests() -> None:
    generator = np.random.default_rng(6)
    for _ in range(50):
        values = generator.normal(0.001, 0.003, 6)
        found = equivalent(student_interval(list(values)), MARGIN)
        above = stats.ttest_1samp(values, -MARGIN, alternative="greater").pvalue
        below = stats.ttest_1samp(values, MARGIN, alternative="less").pvalue
        assert found == (max(above, below) < 0.05)


def test_no_difference_is_claimed_without_evidence() -> None:
    assert verdict(student_interval([0.02, -0.03, 0.01]), MARGIN) is Verdict.UNDECIDED
    assert verdict(student_interval([0.001, -0.001, 0.0005, 0.0]), MARGIN) is Verdict.EQUIVALENT
    assert verdict(student_interval([0.02, 0.021, 0.019]), MARGIN) is Verdict.ABOVE


def test_the_seeds_that_would_decide_do_decide() -> None:
    values = [0.02, -0.01, 0.015, 0.0, 0.01]
    wanted = seeds_to_decide(student_interval(values))
    assert wanted is not None
    assert wanted > 5
    mean, spread = np.mean(values), np.std(values, ddof=1)
    reach = [stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n) for n in (wanted - 1, wanted)]
    assert reach[1] < mean <= reach[0]
    assert seeds_to_decide(student_interval([0.02, 0.021, 0.019])) is None


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


def test_a_decile_chosen_by_odd_samples_is_not_worse_than_its_devices_are() -> None:
    """All devices are right with probability 0.8: the worst tenth is as good as all others, and is found to be."""
    generator = np.random.default_rng(3)
    samples = np.full((2000, 2), 20)
    correct = generator.binomial(samples, 0.8)
    halves_apart = worst_decile(correct, samples)
    chosen_by_itself = worst_decile(correct.sum(axis=1), samples.sum(axis=1))
    assert halves_apart == pytest.approx(0.8, abs=3 * math.sqrt(0.16 / (200 * 20)))
    assert chosen_by_itself < 0.72
