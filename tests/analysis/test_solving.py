"""Bisection finds known thresholds, and says between which values chance decides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.solving import solve
from analysis.statistics import Interval, student_interval


def exact(threshold: float, rising: bool = True):  # type: ignore[no-untyped-def]
    """A margin without chance that is met beyond a threshold."""
    return lambda value: Interval((value - threshold) if rising else (threshold - value), math.nan, math.nan, 1)


@given(st.floats(1.1, 9e5))
def test_a_known_threshold_is_bracketed(threshold: float) -> None:
    found = solve(exact(threshold), 1.0, 1e6, tolerance=0.01)
    assert found.mean.missed_at is not None
    assert found.mean.met_at is not None
    assert found.mean.missed_at < threshold <= found.mean.met_at
    assert found.mean.met_at - found.mean.missed_at <= 0.01 * found.mean.met_at
    assert found.straight


def test_the_most_of_a_quantity_is_found_from_the_other_end() -> None:
    found = solve(exact(70.0, rising=False), 1000.0, 1.0)
    assert found.mean.met_at is not None
    assert found.mean.met_at == pytest.approx(70.0, rel=0.05)
    assert found.mean.met_at <= 70.0


@given(st.integers(2, 63))
def test_whole_numbers_are_found_exactly(threshold: int) -> None:
    found = solve(exact(threshold), 1, 64, whole=True)
    assert (found.mean.missed_at, found.mean.met_at) == (threshold - 1, threshold)


def test_a_target_that_is_never_or_always_met_is_said() -> None:
    assert solve(exact(20.0), 1.0, 10.0).mean.met_at is None
    assert solve(exact(0.5), 1.0, 10.0).mean.missed_at is None


def test_chance_decides_between_the_two_clear_values() -> None:
    noise = np.random.default_rng(3).normal(0, 5, 6)
    found = solve(lambda value: student_interval(list(value - 100.0 + noise)), 1.0, 1e4, tolerance=0.01)
    half = student_interval(list(noise)).half
    centre = 100.0 - noise.mean()
    assert found.mean.met_at == pytest.approx(centre, rel=0.02)
    assert found.possible.missed_at == pytest.approx(centre - half, rel=0.02)
    assert found.certain.met_at == pytest.approx(centre + half, rel=0.02)


def test_a_metric_that_turns_back_is_noticed() -> None:
    hill = solve(lambda x: Interval(-1.0 if x < 30 or x > 90 else 1.0, math.nan, math.nan, 1), 1.0, 80.0)
    assert hill.straight
    wavy = {1.0: -1.0, 10.0: 1.0, 3.16: 1.0, 1.78: -1.0, 2.37: 1.0}
    assert solve(lambda x: Interval(wavy.get(x, 1.0), math.nan, math.nan, 1), 1.0, 10.0, tolerance=0.3).straight
