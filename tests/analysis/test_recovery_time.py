"""Recovery time against closed forms and against the definition spelled out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.compare import with_interval
from analysis.metrics import METRICS
from analysis.recovery import recovery_times, smoothing_ticks, summarise
from analysis.survival import median, survival, watched

TICK_S = 10.0


def counts(correct: list[float], cohort: str = "all", samples: int = 1000) -> dict[str, Any]:
    """Make windows of one cohort; the oracle gets everything right."""
    ticks = len(correct)
    return {
        "t_s": TICK_S * np.arange(1, ticks + 1),
        "cohort": [cohort] * ticks,
        "samples": np.full(ticks, samples),
        "correct": np.round(samples * np.array(correct)).astype(int),
        "correct_oracle": np.full(ticks, samples),
    }


def mark(at_s: float, until_s: float | None = None, cohort: str | None = None) -> dict[str, Any]:
    return {"at_s": at_s, "until_s": until_s, "label": "rotate", "cohort": cohort, "share": 1.0}


def step(before: int, down: int, after: int, low: float = 0.6) -> list[float]:
    return [0.95] * before + [low] * down + [0.95] * after


@pytest.mark.parametrize("down", [1, 4, 9])
def test_a_step_recovers_when_it_ends(down: int) -> None:
    (row,) = recovery_times(counts(step(10, down, 20)), [mark(100.0)])
    assert row["recovery_s"] == pytest.approx(down * TICK_S)
    assert row["watched_s"] == pytest.approx((down + 20) * TICK_S)


def test_dip_is_the_largest_loss_of_a_whole_window() -> None:
    (row,) = recovery_times(counts(step(10, 5, 20)), [mark(100.0)])
    assert row["dip"] == pytest.approx(0.35)


def test_no_dip_means_no_time() -> None:
    (row,) = recovery_times(counts([0.95] * 30), [mark(100.0)])
    assert row["recovery_s"] == 0.0


def test_never_back_is_censored_after_the_time_watched() -> None:
    (row,) = recovery_times(counts(step(10, 20, 0)), [mark(100.0)])
    assert row["recovery_s"] is None
    assert row["watched_s"] == pytest.approx(200.0)


def test_the_next_drift_ends_the_watch() -> None:
    first, second = recovery_times(counts(step(10, 20, 10)), [mark(100.0), mark(250.0)])
    assert (first["recovery_s"], first["watched_s"]) == (None, pytest.approx(150.0))
    assert second["recovery_s"] == pytest.approx(50.0)


def test_a_model_that_stayed_bad_has_not_recovered_from_the_next_drift() -> None:
    """The level is that before the first drift, not that of the ruins it left."""
    rows = recovery_times(counts(step(10, 30, 0)), [mark(100.0), mark(250.0)])
    assert [row["recovery_s"] for row in rows] == [None, None]


def test_time_counts_from_the_end_of_a_gradual_drift() -> None:
    (row,) = recovery_times(counts(step(10, 12, 20)), [mark(100.0, until_s=160.0)])
    assert row["recovery_s"] == pytest.approx(60.0)


def test_a_harder_concept_is_judged_by_the_gap_to_its_oracle() -> None:
    windows = counts(step(10, 5, 0, low=0.3) + [0.70] * 20)
    windows["correct_oracle"] = np.array([1000] * 10 + [750] * 25)
    (row,) = recovery_times(windows, [mark(100.0)])
    assert row["recovery_s"] == pytest.approx(50.0)


def test_without_an_oracle_the_accuracy_itself_must_come_back() -> None:
    windows = counts(step(10, 5, 20))
    del windows["correct_oracle"]
    (row,) = recovery_times(windows, [mark(100.0)])
    assert row["recovery_s"] == pytest.approx(50.0)


def test_another_cohort_neither_helps_nor_ends_the_watch() -> None:
    phones, sensors = counts(step(10, 5, 20), "phones"), counts(step(10, 25, 0), "sensors")
    both = {name: np.concatenate([phones[name], sensors[name]]) for name in phones}
    marks = [mark(100.0, cohort="phones"), mark(120.0, cohort="sensors")]
    first, second = recovery_times(both, marks)
    assert (first["recovery_s"], first["watched_s"]) == (pytest.approx(50.0), pytest.approx(250.0))
    assert second["recovery_s"] is None


def test_a_drift_at_the_start_is_judged_by_the_oracle_alone() -> None:
    (row,) = recovery_times(counts([0.5] * 6 + [0.99] * 20), [mark(0.0)])
    assert row["recovery_s"] == pytest.approx(60.0)


def test_a_drift_after_the_end_was_not_watched() -> None:
    (row,) = recovery_times(counts([0.9] * 5), [mark(400.0)])
    assert (row["recovery_s"], row["watched_s"]) == (None, 0.0)


def test_no_rows_and_no_samples_are_not_watched() -> None:
    for windows in (counts([]), counts([0.0] * 9, samples=0)):
        (row,) = recovery_times(windows, [mark(20.0)])
        assert (row["recovery_s"], row["watched_s"], row["dip"]) == (None, 0.0, None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=8, max_size=40),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(1, 4),
)
def test_the_definition_spelled_out(correct: list[int], at: int, over: int, span: int) -> None:
    windows = counts([value / 20 for value in correct], samples=20)
    (row,) = recovery_times(windows, [mark(at * TICK_S, (at + over) * TICK_S)], smooth_s=span * TICK_S)
    level = sum(20 - value for value in correct[:at]) / (20 * at)
    expected = None
    for start in range(at + over, len(correct) - 2 * span + 1):
        windows_of = [correct[start : start + span], correct[start + span : start + 2 * span]]
        falls = [sum(20 - value for value in window) / (20 * span) for window in windows_of]
        if max(falls) <= level + 0.02 + 1e-9:
            expected = (start - at - over) * TICK_S
            break
    assert row["recovery_s"] == (None if expected is None else pytest.approx(expected))


def verdict(time_s: float | None, watched_s: float = 100.0) -> dict[str, float | None]:
    return {"recovery_s": time_s, "watched_s": watched_s}


def test_one_good_window_is_chance() -> None:
    correct = [0.95] * 10 + [0.6] * 5 + [0.95] * 3 + [0.6] * 4 + [0.95] * 20
    (row,) = recovery_times(counts(correct), [mark(100.0)])
    assert row["recovery_s"] == pytest.approx(120.0)


def test_the_median_counts_censored_marks_as_slowest() -> None:
    third = {"recovery_s": 30.0, "recovery_mean_s": (10.0 + 30.0 + 100.0) / 3, "censored_share": 1 / 3}
    assert summarise([verdict(10.0), verdict(30.0), verdict(None)]) == third
    assert summarise([verdict(10.0), verdict(None), verdict(None)])["recovery_s"] is None
    assert summarise([verdict(10.0), verdict(20.0), verdict(None, watched_s=0.0)])["recovery_s"] == 10.0
    assert set(summarise([]).values()) == {None}


def test_a_method_that_recovers_once_in_three_times_is_not_the_fastest() -> None:
    once = median(watched([verdict(0.0, 420.0), verdict(None, 420.0), verdict(None, 420.0)]))
    always = median(watched([verdict(50.0), verdict(60.0), verdict(80.0)]))
    assert (once.mean, once.low, once.note) == (np.inf, 420.0, "2 of 3 not recovered")
    assert (always.mean, always.note) == (60.0, "")
    assert with_interval(METRICS["recovery_s"], once) == "> 420.0 (2 of 3 not recovered)"


def test_the_product_limit_estimate_is_the_textbook_s() -> None:
    """Freireich's remission times under 6-MP, whose median is 23 weeks (Kaplan and Meier; Cox and Oakes, 1984)."""
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    drifts = watched([verdict(week) for week in weeks] + [verdict(None, week) for week in censored])
    at, share = survival(drifts)
    assert share[list(at).index(10)] == pytest.approx(0.753, abs=5e-4)
    assert median(drifts).mean == 23.0


@pytest.mark.parametrize(
    ("per_tick", "ticks", "expected"),
    [(3000, 120, 3), (100, 120, 10), (10, 120, 12), (0, 50, 3), (5, 2, 2), (5, 0, 1)],
)
def test_smoothing_pools_enough_but_never_a_tenth_of_the_run(per_tick: int, ticks: int, expected: int) -> None:
    assert smoothing_ticks(np.full(ticks, per_tick)) == expected


def test_smoothing_can_be_stated() -> None:
    noisy = counts([0.95] * 10 + [0.5, 0.95, 0.95] * 3 + [0.95] * 20)
    one, three = (recovery_times(noisy, [mark(100.0)], smooth_s=width)[0] for width in (10.0, 30.0))
    assert one["recovery_s"] < three["recovery_s"]
    assert three["dip"] < one["dip"]
