"""Verdicts: what is exact, what is within its interval, and what proves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from sim.verify.findings import Finding, batch_means, estimated, exact


def test_rounding_is_forgiven_and_more_is_not() -> None:
    assert exact([8.0, 10.0], [8.0, 10.0 * (1 + 5e-10)]).ok
    assert not exact([8.0, 10.0], [8.0, 10.0 * (1 + 5e-9)]).ok


def test_of_many_values_the_worst_is_told() -> None:
    found = exact([1.0, 100.0, 7.0], [1.0, 100.1, 7.5])
    assert (found.truth, found.simulated) == (7.0, 7.5)


def test_a_value_that_never_came_is_a_miss() -> None:
    assert not exact([1.0, 2.0], [1.0, np.nan]).ok
    assert not estimated(1.0, np.full(20, np.nan)).ok


@pytest.mark.parametrize(("truth", "simulated"), [([], []), ([1.0], [1.0, 1.0])])
def test_nothing_to_compare_is_no_verdict(truth: list[float], simulated: list[float]) -> None:
    with pytest.raises(ValueError, match="simulated values for"):
        exact(truth, simulated)


def test_an_interval_holds_its_mean_and_excludes_what_is_far() -> None:
    sample = np.random.default_rng(1).normal(5.0, 0.2, 400)
    assert estimated(5.0, sample).ok
    assert not estimated(5.1, sample).ok


def test_a_wide_interval_proves_nothing() -> None:
    sample = np.random.default_rng(1).normal(5.0, 4.0, 20)
    found = estimated(float(sample.mean()), sample)
    assert found.simulated == pytest.approx(found.truth)
    assert not found.ok


def test_intervals_cover_as_often_as_they_say() -> None:
    draw = np.random.default_rng(2)
    samples = draw.normal(1.0, 0.01, (4000, 10))
    missed = sum(not estimated(1.0, sample).ok for sample in samples)
    assert 0 < missed < 14  # 4 expected of 4,000 at 99.9 %; 14 and more has a chance below 1e-4


def test_a_control_of_mean_zero_narrows_the_interval_about_the_same_mean() -> None:
    draw = np.random.default_rng(3)
    surplus = draw.normal(0.0, 1.0, 200)
    values = 10.0 + 0.5 * surplus + draw.normal(0.0, 0.05, 200)
    plain, controlled = estimated(10.0, values), estimated(10.0, values, surplus)
    assert controlled.half_width < plain.half_width / 5
    assert controlled.ok


def test_few_replications_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        estimated(1.0, np.ones(9))


def test_batches_leave_the_beginning_out() -> None:
    assert batch_means(np.arange(22.0), batches=10).tolist() == [2.5 + 2 * n for n in range(10)]


def test_a_truth_of_zero_has_to_be_met() -> None:
    assert Finding(0.0, 0.0, 1e-18).ok
    assert not exact(0.0, 1e-6).ok
