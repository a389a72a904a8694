"""Runs with almost nothing in them still open, draw and report, without a warning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.compare import comparison
from analysis.figures import FIGURES, render
from analysis.report import build_report, write_report
from analysis.runs import open_run
from analysis.sweeps import as_sweep, open_folder
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import Plan, write_run, write_sweep

pytestmark = pytest.mark.whole


def slow_unless(quick: bool) -> list[pytest.MarkDecorator]:
    """Return the marks of a case: only quick ones belong to the plain suite."""
    return [] if quick else [pytest.mark.slow]


ONE_COHORT: Mapping[str, int] = {"phones": 1}
PLANS = {
    "one tick": replace(SMALL, duration_s=10.0, drift=()),
    "two ticks, drift in the second": replace(
        SMALL, duration_s=20.0, drift=[dict(SMALL.drift[0], at_s=15.0, until_s=15.0)]
    ),
    "no samples": replace(SMALL, per_tick=0),
    "no exchanges": replace(SMALL, period_s=0.0),
    "all lost": replace(SMALL, loss=1.0),
    "no drift": replace(SMALL, drift=()),
    "one device": replace(SMALL, cohorts=ONE_COHORT),
    "no references": replace(SMALL, references=()),
    "timing only, nothing asked": replace(SMALL, timing_only=True, period_s=0.0),
    "drift without an end": replace(SMALL, drift=[dict(SMALL.drift[0], until_s=300.0, label=None, share=1.0)]),
    "always right": replace(SMALL, fresh=1.0, stale=1.0),
    "an update older than the run": replace(SMALL, uplink_s=0.0),
}
TABLES = ["windows", "exchanges", "devices", "links", "cloud"]
#: Figures take long to lay out and to write: of the other plans that is tried under ``slow``.
WRITTEN = ["one tick", "no samples", "all lost"]


def without_rows(table: str, folder: Path) -> Path:
    """Return a run folder in which one table has lost its rows."""
    path = write_run(folder, SMALL) / f"{table}.parquet"
    pd.read_parquet(path).iloc[:0].to_parquet(path)
    return folder


def assert_tells(folder: Path) -> None:
    """Build every figure of a run or a sweep and all that its report says in words."""
    subject = open_folder(folder)
    figures = [render(subject, name) for name in FIGURES]
    assert figures.count(None) < len(figures)
    assert_whole(build_report(as_sweep(subject), folder / "plots"))


def assert_whole(text: str) -> None:
    assert "</html>" in text
    assert ">nan<" not in text


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_figures_are_built_and_words_found(plan: Plan, tmp_path: Path) -> None:
    assert_tells(write_run(tmp_path / "run", plan))


@pytest.mark.parametrize(
    "plan", [pytest.param(plan, id=name, marks=slow_unless(name in WRITTEN)) for name, plan in PLANS.items()]
)
def test_a_report_is_written(plan: Plan, tmp_path: Path) -> None:
    path = write_report(write_run(tmp_path / "run", plan), formats=["svg"])
    assert_whole(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("table", TABLES)
def test_figures_are_built_without_the_rows_of_a_table(table: str, tmp_path: Path) -> None:
    assert_tells(without_rows(table, tmp_path / "run"))


@pytest.mark.parametrize("table", [pytest.param(name, marks=slow_unless(name == "exchanges")) for name in TABLES])
def test_a_report_is_written_without_the_rows_of_a_table(table: str, tmp_path: Path) -> None:
    text = write_report(without_rows(table, tmp_path / "run"), formats=["svg"]).read_text(encoding="utf-8")
    assert "</html>" in text


def test_marks_with_neither_end_nor_cohort(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", SMALL)
    run = open_run(folder)
    run.manifest["drift"][0].update(until_s=None, share=None, cohort=None)  # type: ignore[attr-defined]
    assert comparison(run).rows[0].values["recovery_s"].n == 2


ADAPTERS, LINKS = "method.adapter.kind", "links.lte.up"
#: Plans by their place in the sweep, its axes, and its seeds.
SWEEPS: dict[str, tuple[Mapping[tuple[str, ...], Plan], list[str], int]] = {
    "one point": ({("persona",): SMALL}, [ADAPTERS], 1),
    "timing mixed with tasks": ({("probe",): replace(SMALL, timing_only=True), ("persona",): SMALL}, [ADAPTERS], 2),
    "a hole": ({("a", "1"): SMALL, ("a", "2"): SMALL, ("b", "1"): SMALL}, [ADAPTERS, LINKS], 1),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_figures_of_an_odd_sweep_are_built_and_words_found(name: str, tmp_path: Path) -> None:
    plans, axes, seeds = SWEEPS[name]
    folder = write_sweep(tmp_path / "sweep", dict(plans), axes, seeds=seeds)
    assert_tells(folder)
    assert (render(open_folder(folder), "heatmap") is not None) is (name == "a hole")


@pytest.mark.slow
@pytest.mark.parametrize("name", SWEEPS)
def test_a_report_of_an_odd_sweep_is_written(name: str, tmp_path: Path) -> None:
    plans, axes, seeds = SWEEPS[name]
    report = write_report(write_sweep(tmp_path / "sweep", dict(plans), axes, seeds=seeds), formats=["svg"])
    assert (report.parent / "plots" / "heatmap.svg").is_file() is (name == "a hole")


def test_time_stamps_that_never_happened_are_no_installs(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", replace(SMALL, loss=1.0))
    run = open_run(folder)
    assert run.exchanges["installed_s"].isna().all()
    assert comparison(run).rows[0].values["mean_age_s"].mean == pytest.approx(600.0)
    assert np.isnan(comparison(run).rows[0].values["delay_s"].mean)
