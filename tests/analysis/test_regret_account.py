"""The account of regret, on tables whose truth is known: own gaps subtracted, ages split, what is ahead apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ages import mean_age_s, of_run
from analysis.regret import account, fresh_gap, regret_intervals
from analysis.runs import PHASES, Run, open_run
from analysis.waits_of_age import STAGES, age_parts
from analysis.windows import accuracy
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import write_run

TICKS = 100


def run_with(folder: Path, **columns: object) -> Run:
    """Return a run of one cohort with windows of 1,000 samples a tick; what is not given is zero."""
    write_run(folder, replace(SMALL, cohorts={"phones": 8}, drift=SMALL.drift[:1]))
    zero = {f"{what}_{phase}": 0 for what in ("regret", "samples") for phase in PHASES}
    table = pd.DataFrame(
        {"t_s": 10.0 * np.arange(1, TICKS + 1), "cohort": "phones", "samples": 1000, "labelled": 0, "requests": 0}
        | zero
        | columns
    )
    regret = table[[f"regret_{phase}" for phase in PHASES]].sum(axis=1)
    table = table.assign(correct_oracle=950, correct=950 - regret, correct_static=0, loss_micro=0)
    table.to_parquet(folder / "windows.parquet", index=False)
    return open_run(folder)


def parts_of(run: Run) -> dict[str, float]:
    found = account(run)
    assert found is not None
    assert sum(found.parts.values()) == pytest.approx((accuracy(run, "oracle") or 0) - (accuracy(run) or 0), abs=1e-12)
    return found.parts


def test_what_a_method_lacks_anyway_is_not_lost_to_the_link(tmp_path: Path) -> None:
    """It lacks 5 % of 600 samples a tick, and 8 % of the 400 on the uplink: 3 points in a hundred are the link's."""
    run = run_with(tmp_path / "run", regret_residual=30, samples_residual=600, regret_uplink=32, samples_uplink=400)
    parts = parts_of(run)
    assert parts["uplink"] == pytest.approx((0.08 - 0.05) * 0.4)
    assert parts["residual"] == pytest.approx(0.05)


def test_each_concept_has_a_gap_of_its_own(tmp_path: Path) -> None:
    """Before the drift at 300 s the method lacks nothing; after it 10 %, and on the uplink just as much."""
    after = np.arange(1, TICKS + 1) > 30
    run = run_with(
        tmp_path / "run",
        samples_residual=500,
        samples_uplink=500,
        regret_residual=np.where(after, 50, 0),
        regret_uplink=np.where(after, 50, 0),
    )
    parts = parts_of(run)
    assert parts["uplink"] == pytest.approx(0.0)
    assert parts["residual"] == pytest.approx(0.1 * 0.7)


def test_without_an_install_nothing_is_known_of_the_method(tmp_path: Path) -> None:
    parts = parts_of(run_with(tmp_path / "run", regret_undetected=80, samples_undetected=1000))
    assert parts["undetected"] == pytest.approx(0.08)
    assert parts["residual"] == 0.0


def test_what_is_ahead_of_the_oracle_stands_apart(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", regret_residual=-10, samples_residual=500, regret_uplink=60, samples_uplink=500)
    parts = parts_of(run)
    assert parts["uplink"] == pytest.approx(0.07)
    assert parts["residual"] == 0.0
    assert parts["ahead"] == pytest.approx(-0.02)


def test_without_drift_marks_the_account_goes_by_age(tmp_path: Path) -> None:
    """Regret grows by a point for each bin of age, so that all beyond the youngest is due to age."""
    folder = tmp_path / "run"
    run_with(folder, regret_residual=60, samples_residual=1000)
    table = pd.read_parquet(folder / "ages.parquet")
    samples = np.array([5000, 45000, 50000])
    regret = np.array([50, 1800, 4150])
    table = table.assign(samples=0, regret=0)
    table.loc[table.index[:3], "samples"] = samples
    table.loc[table.index[:3], "regret"] = regret
    table.to_parquet(folder / "ages.parquet", index=False)
    run = open_run(folder)
    run.manifest["drift"].clear()  # type: ignore[attr-defined]
    found = account(run)
    assert found is not None
    assert found.by_age
    parts = parts_of(run)
    assert parts["residual"] == pytest.approx(0.01)
    assert sum(parts[stage] for stage in STAGES) == pytest.approx(0.05)
    shares = age_parts(run).shares
    assert parts["uplink"] == pytest.approx(0.05 * shares["uplink"])


def test_fresh_is_the_youngest_twentieth() -> None:
    assert fresh_gap(np.array([3.0, 2.0, 95.0]), np.array([3.0, 0.0, 95.0])) == pytest.approx(0.6)
    assert fresh_gap(np.array([50.0, 50.0]), np.array([5.0, 50.0])) == pytest.approx(0.1)
    assert fresh_gap(np.array([0.0, 50.0]), np.array([0.0, 5.0])) == pytest.approx(0.1)


def test_the_waits_sum_to_the_age(run_folder: Path) -> None:
    run = open_run(run_folder)
    parts = age_parts(run)
    assert sum(parts.by_stage.values()) / parts.time_s == pytest.approx(mean_age_s(of_run(run)))
    assert min(parts.by_stage.values()) > 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), min_size=5, max_size=5), max_size=8))
def test_any_exchanges_split_the_age_exactly(tmp_path_factory: pytest.TempPathFactory, drawn: list[list[int]]) -> None:
    """Against the integral spelled out in steps of half a second."""
    stamps = sorted(np.cumsum(row).astype(float).tolist() for row in drawn)
    run = Run(Path("-"), {"seed": 1, "tick_s": 1.0, "duration_s": 200.0}, {}, "complete")
    names = ["sent_s", "reached_s", "started_s", "served_s", "installed_s"]
    exchanges = pd.DataFrame(stamps, columns=names).assign(device=0)
    for name, table in {
        "exchanges": exchanges.astype(dict.fromkeys(names, float)),
        "devices": pd.DataFrame({"device": [0]}),
        "windows": pd.DataFrame({"t_s": [200.0]}),
    }.items():
        vars(run)[name] = table
    found = age_parts(run)
    assert sum(found.by_stage.values()) == pytest.approx(200.0 * mean_age_s(of_run(run)), abs=1e-6)


def test_accounts_of_several_seeds_have_intervals(run_folder: Path) -> None:
    run = open_run(run_folder)
    found = regret_intervals([run, run])
    assert found is not None
    assert all(part.n == 2 for part in found.values())
