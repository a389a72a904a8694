"""Accuracy from counts: pooled, never a mean of means."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.regret import regret_intervals, regret_shares
from analysis.runs import Run, open_run
from analysis.sweeps import open_sweep
from analysis.windows import accuracy, accuracy_curve, smoothing_s, trailing_share


def made_run(windows: pd.DataFrame) -> Run:
    manifest = {"seed": 1, "tick_s": 10.0, "duration_s": 40.0, "references": ["oracle"]}
    run = Run(Path("made"), manifest, {}, "complete")
    run.__dict__["windows"] = windows
    return run


def test_uneven_cohorts_are_pooled() -> None:
    windows = pd.DataFrame(
        {
            "t_s": [10.0, 10.0, 20.0, 20.0],
            "cohort": ["big", "small"] * 2,
            "samples": [90, 10, 90, 10],
            "correct": [90, 0, 45, 0],
            "correct_oracle": [90, 10, 90, 10],
        }
    )
    run = made_run(windows)
    assert accuracy(run) == pytest.approx(135 / 200)
    assert accuracy(run, cohort="small") == 0.0
    assert accuracy(run, "static") is None
    assert accuracy_curve([run], 10.0).mean == pytest.approx([0.9, 0.45])
    assert accuracy_curve([run], 20.0).mean == pytest.approx([0.9, 135 / 200])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30), st.integers(1, 8))
def test_trailing_share_is_the_sum_of_the_last_ticks(rows: list[tuple[int, int]], ticks: int) -> None:
    hits, samples = np.array([min(row) for row in rows]), np.array([max(row) for row in rows])
    shares = trailing_share(hits, samples, ticks)
    for end, share in enumerate(shares, start=1):
        kept = slice(max(0, end - ticks), end)
        total = samples[kept].sum()
        assert np.isnan(share) if total == 0 else share == pytest.approx(hits[kept].sum() / total)


def test_a_tick_without_samples_leaves_a_gap() -> None:
    assert np.isnan(trailing_share(np.array([5, 0, 0]), np.array([9, 0, 0]), 1)[1:]).all()


def test_band_over_seeds_is_around_the_mean_of_their_curves(sweep_folder: Path) -> None:
    runs = open_sweep(sweep_folder).groups[0].runs
    window_s = smoothing_s(runs)
    curve = accuracy_curve(runs, window_s)
    alone = np.stack([accuracy_curve([run], window_s).mean for run in runs])
    assert curve.mean == pytest.approx(alone.mean(axis=0))
    assert (curve.half >= 0).all()
    assert np.isnan(accuracy_curve(runs[:1], window_s).half).all()


def test_runs_cut_short_are_compared_over_what_all_have(sweep_folder: Path) -> None:
    whole, other = open_sweep(sweep_folder).groups[0].runs[:2]
    other.__dict__["windows"] = other.windows[other.windows["t_s"] <= 600.0]
    assert accuracy_curve([whole, other], 10.0).t_s[-1] == 600.0


def test_regret_of_the_phases_sums_to_the_whole_gap(run_folder: Path) -> None:
    run = open_run(run_folder)
    shares = regret_shares(run)
    oracle, deployed = accuracy(run, "oracle"), accuracy(run)
    assert shares is not None
    assert oracle is not None
    assert deployed is not None
    assert sum(shares.values()) == pytest.approx(oracle - deployed, abs=1e-12)
    assert shares["undetected"] > 0


def test_no_oracle_no_regret(run_folder: Path, timing_folder: Path) -> None:
    blind = open_run(run_folder)
    blind.manifest["references"].remove("oracle")  # type: ignore[attr-defined]
    assert regret_shares(blind) is None
    assert regret_shares(open_run(timing_folder)) is None
    assert regret_intervals([open_run(run_folder), blind]) is None
