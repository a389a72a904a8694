"""Settings side by side: means over seeds and differences paired by seed."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from analysis.compare import comparison, print_comparison, with_interval
from analysis.figures.pareto import Point, frontier
from analysis.metrics import METRICS, main_metric, measure
from analysis.runs import open_run
from analysis.statistics import Interval, student_interval
from analysis.sweeps import compare_runs, open_sweep
from analysis.windows import accuracy
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import write_run


def shown(subject, width: int = 200) -> str:  # type: ignore[no-untyped-def]
    console = Console(file=io.StringIO(), width=width)
    print_comparison(subject, console)
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]


def test_values_and_differences_are_those_of_the_runs(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    result = comparison(sweep)
    first, last = sweep.groups[0], sweep.groups[-1]
    own, base = ([accuracy(run) for run in group.runs] for group in (last, first))
    assert result.base == first.label
    assert result.rows[-1].values["accuracy"] == student_interval(own)
    expected = student_interval([a - b for a, b in zip(own, base, strict=True)])
    assert result.rows[-1].differences["accuracy"] == pytest.approx(expected)
    assert result.rows[0].differences == {}


def test_any_setting_can_be_the_base(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    ahead = comparison(sweep, ["accuracy"]).rows[-1].differences["accuracy"]
    behind = comparison(sweep, ["accuracy"], base=sweep.groups[-1].label).rows[0].differences["accuracy"]
    assert ahead.mean == pytest.approx(-behind.mean)
    with pytest.raises(KeyError):
        comparison(sweep, base="nobody")


def test_a_timing_only_run_is_compared_by_what_it_has(timing_folder: Path) -> None:
    result = comparison(open_run(timing_folder))
    assert "accuracy" not in result.metrics
    assert {"mean_age_s", "delay_s", "up_bytes"} <= set(result.metrics)
    assert main_metric([open_run(timing_folder)]) == "mean_age_s"


def test_metrics_are_those_of_the_tables(run_folder: Path) -> None:
    run = open_run(run_folder)
    values = measure(run)
    assert values["accuracy"] == run.summary["accuracy"]
    assert values["exchanges"] == len(run.exchanges)
    assert values["up_bytes"] == pytest.approx(run.exchanges["up_bytes"].sum() / 12)
    static, oracle = values["accuracy_static"], values["accuracy_oracle"]
    assert values["regained"] == pytest.approx((values["accuracy"] - static) / (oracle - static))
    assert set(values) == set(METRICS)


def test_the_table_names_every_setting_and_says_what_it_pairs(sweep_folder: Path) -> None:
    text = shown(open_sweep(sweep_folder))
    assert "persona · 32 kbit/s" in text
    assert "difference to cloud_ft · 2 Mbit/s, paired by seed" in text
    assert "±" in text


def test_one_run_is_shown_without_a_difference(run_folder: Path) -> None:
    assert "difference" not in shown(open_run(run_folder))


def test_names_are_text_and_no_markup(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / name, replace(SMALL, name=f"[bold]{name}[/]")) for name in "ab"]
    assert "[bold]a[/]" in shown(compare_runs(folders))


def test_a_mean_over_fewer_seeds_says_so() -> None:
    metric = METRICS["recovery_s"]
    assert with_interval(metric, Interval(12.0, 10.0, 14.0, 3), of=5) == "12.0 ± 2.0 (n = 3)"
    assert with_interval(metric, Interval(12.0, np.nan, np.nan, 1), of=1) == "12.0"
    assert with_interval(metric, Interval(12.0, 10.0, 14.0, 3), signed=True) == "+12.0 ± 2.0"
    assert with_interval(metric, student_interval([]), of=5) == "-"
    assert metric.show(-0.001, signed=True) == "+0.0"


def test_the_frontier_is_what_nothing_cheaper_beats() -> None:
    generator = np.random.default_rng(4)
    costs, gains = generator.integers(0, 6, 40), generator.integers(0, 6, 40) / 10
    points = [
        Point(str(i), student_interval([float(cost)]), student_interval([gain]))
        for i, (cost, gain) in enumerate(zip(costs, gains, strict=True))
    ]
    best = frontier(points)
    kept = {(point.cost.mean, point.gain.mean) for point in best}
    beaten = {
        (cost, gain)
        for cost, gain in zip(costs, gains, strict=True)
        if any((c < cost and g >= gain) or (c == cost and g > gain) for c, g in zip(costs, gains, strict=True))
    }
    assert kept == set(zip(costs.astype(float), gains, strict=True)) - beaten
    assert [point.cost.mean for point in best] == sorted(point.cost.mean for point in best)
