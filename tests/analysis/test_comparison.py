"""Settings side by side: means over seeds and differences paired by seed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from analysis.axes import differing
from analysis.compare import comparison, sorted_by, with_interval
from analysis.console import print_comparison
from analysis.folder import RunError
from analysis.metrics import METRICS, main_metric, measure
from analysis.pairing import axis_of
from analysis.pareto_front import Point, by_link, dominates, front, origin_of
from analysis.runs import open_run
from analysis.statistics import Interval, student_interval
from analysis.sweeps import compare_runs, open_sweep
from analysis.takeaways import takeaways
from analysis.windows import accuracy
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import write_run, write_sweep


def shown(subject, width: int = 200) -> str:  # type: ignore[no-untyped-def]
    console = Console(file=io.StringIO(), width=width)
    print_comparison(subject, console)
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]


def test_settings_are_paired_within_the_axis_of_the_method(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    result = comparison(sweep)
    by_label = {group.label: group for group in sweep.groups}
    paired = {row.label: row.base for row in result.rows}
    assert paired == {
        "cloud_ft · 2 Mbit/s": None,
        "cloud_ft · 32 kbit/s": None,
        "persona · 2 Mbit/s": "cloud_ft · 2 Mbit/s",
        "persona · 32 kbit/s": "cloud_ft · 32 kbit/s",
    }
    for row in result.rows:
        own = [accuracy(run) for run in by_label[row.label].runs]
        assert row.values["accuracy"] == student_interval(own)
        if row.base is not None:
            other = [accuracy(run) for run in by_label[row.base].runs]
            expected = student_interval([a - b for a, b in zip(own, other, strict=True)])
            assert row.differences["accuracy"] == pytest.approx(expected)
    assert (result.by, result.base, result.held) == ("method.adapter.kind", "cloud_ft", ("links.lte.up",))


def test_any_axis_and_any_value_can_be_the_base(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    ahead = comparison(sweep, ["accuracy"]).rows[-1].differences["accuracy"]
    behind = comparison(sweep, ["accuracy"], base="persona").rows[1]
    assert behind.base == "persona · 32 kbit/s"
    assert ahead.mean == pytest.approx(-behind.differences["accuracy"].mean)
    by_rate = comparison(sweep, ["accuracy"], by="lte up", base="32 kbit/s")
    assert by_rate.rows[0].base == "cloud_ft · 32 kbit/s"
    one_for_all = comparison(sweep, ["accuracy"], base="persona · 2 Mbit/s")
    assert [row.base for row in one_for_all.rows].count("persona · 2 Mbit/s") == 3


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"base": "personna"}, "did you mean 'persona'"),
        ({"by": "lte-up"}, "did you mean 'lte up'"),
        ({"metrics": ["acuracy"]}, "did you mean 'accuracy'"),
        ({"base": "q"}, "there are: cloud_ft, persona"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(sweep_folder: Path, wrong: dict[str, Any], remedy: str) -> None:
    with pytest.raises(RunError, match=remedy):
        comparison(open_sweep(sweep_folder), **wrong)


def test_a_static_model_is_the_base_where_there_is_one(tmp_path: Path) -> None:
    plans = {(name,): replace(SMALL, adapter=name) for name in ("persona", "static")}
    sweep = open_sweep(write_sweep(tmp_path / "s", plans, ["method.adapter.kind"], seeds=2))
    assert comparison(sweep, ["accuracy"]).base == "static"


def test_the_best_of_a_metric_comes_first(sweep_folder: Path) -> None:
    rows = sorted_by(comparison(open_sweep(sweep_folder)), "up_bytes").rows
    sizes = [row.values["up_bytes"].mean for row in rows]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


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
    assert "persona 32 kbit/s 3" in text
    assert "difference to cloud_ft at the same lte up, paired by seed" in text
    assert "±" in text


def test_one_run_is_shown_without_a_difference(run_folder: Path) -> None:
    assert "difference" not in shown(open_run(run_folder))


def test_names_are_text_and_no_markup(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / name, replace(SMALL, name=f"[bold]{name}[/]")) for name in "ab"]
    assert "[bold]a[/]" in shown(compare_runs(folders))


def test_a_mean_over_fewer_seeds_says_so() -> None:
    metric = METRICS["delay_s"]._replace(digits=1)
    assert with_interval(metric, Interval(12.0, 10.0, 14.0, 3), of=5) == "12.0 ± 2.0 (n = 3)"
    assert with_interval(metric, Interval(12.0, np.nan, np.nan, 1), of=1) == "12.0"
    assert with_interval(metric, Interval(12.0, 10.0, 14.0, 3), signed=True) == "+12.0 ± 2.0"
    assert with_interval(metric, student_interval([]), of=5) == "-"
    assert metric.show(-0.001, signed=True) == "+0.0"


def point(label: str, costs: Sequence[float], gains: Sequence[float]) -> Point:
    return Point(label, dict(enumerate(costs)), dict(enumerate(gains)))


def test_the_front_of_single_seeds_is_what_nothing_beats() -> None:
    generator = np.random.default_rng(4)
    costs, gains = generator.integers(0, 6, 40).astype(float), generator.integers(0, 6, 40) / 10
    points = [point(str(i), [cost], [gain]) for i, (cost, gain) in enumerate(zip(costs, gains, strict=True))]
    kept = {(found.cost.mean, found.gain.mean) for found in front(points)}
    pairs = set(zip(costs.tolist(), gains.tolist(), strict=True))
    beaten = {(c, g) for c, g in pairs if any(a <= c and b >= g and (a, b) != (c, g) for a, b in pairs)}
    assert kept == pairs - beaten


def test_only_what_is_clear_of_zero_over_pairs_is_dominated() -> None:
    """Seeds differ by 0.1, methods by 0.02 in every seed: unpaired intervals would show nothing."""
    base = np.array([0.70, 0.80, 0.90, 0.85])
    better = point("better", [1.0] * 4, base + np.array([0.02, 0.021, 0.019, 0.02]))
    worse, noisy = (
        point("worse", [2.0] * 4, base),
        point("noisy", [2.0] * 4, base + np.array([0.05, -0.05, 0.06, -0.06])),
    )
    assert dominates(better, worse)
    assert not dominates(worse, better)
    assert not dominates(better, noisy)
    assert [found.label for found in front([better, worse, noisy])] == ["better", "noisy"]


def test_each_link_has_a_front_of_its_own(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    links = by_link(sweep)
    assert {link: len(groups) for link, groups in links.items()} == {"2 Mbit/s": 2, "32 kbit/s": 2}
    origin = origin_of(links["2 Mbit/s"])
    assert origin is not None
    assert (origin.cost.mean, set(origin.gains)) == (0.0, {1, 2, 3})


def test_what_differs_between_folders_are_the_axes(tmp_path: Path) -> None:
    folders = [
        write_run(tmp_path / f"{adapter}{uplink_s}", replace(SMALL, adapter=adapter, uplink_s=uplink_s))
        for adapter in ("persona", "duet")
        for uplink_s in (4.0, 60.0)
    ]
    sweep = compare_runs(folders)
    assert sweep.axes == ("links.lte.uplink", "method.adapter")
    assert [group.label for group in sweep.groups][:2] == ["4.0 s · persona", "60.0 s · persona"]
    assert sweep.notes == ()
    assert comparison(sweep, ["accuracy"]).rows[-1].base == "60.0 s · persona"


def test_other_worlds_are_warned_of(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / "a", SMALL)]
    folders.append(write_run(tmp_path / "b", replace(SMALL, adapter="duet", cohorts={"phones": 4, "sensors": 8})))
    sweep = compare_runs(folders)
    assert len(sweep.notes) == 1
    assert "the worlds differ in fleet.0.devices (8, 4) and 1 more" in sweep.notes[0]
    assert "the worlds differ" in shown(sweep)


def test_options_follow_from_their_kind() -> None:
    settings = [
        {"method.adapter.kind": "persona", "method.adapter.prototypes": "8", "cloud.workers": "2", "links.a.up": "1"},
        {"method.adapter.kind": "cloud_ft", "method.adapter.steps": "40", "cloud.workers": "4", "links.a.up": "1"},
        {"method.adapter.kind": "cloud_ft", "method.adapter.steps": "40", "cloud.workers": "4", "links.a.up": "2"},
    ]
    assert differing(settings) == {"method.adapter.kind": ["cloud.workers"], "links.a.up": []}


def test_sentences_say_what_is_clear_and_what_is_not(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    result = comparison(sweep)
    found = " ".join(takeaways(sweep, result))
    row = result.rows[-1].differences["accuracy"]
    assert f"at lte up 32 kbit/s {with_interval(METRICS['accuracy'], row, signed=True)} points" in found
    assert "persona against cloud_ft in accuracy" in found
    assert takeaways(sweep, comparison(open_run(sweep.runs[0].folder))) == []


def test_axes_that_change_together_are_compared_as_one(tmp_path: Path) -> None:
    from analysis.pairing import bases, together
    from analysis.sweeps import Group, Sweep

    rows = [
        (rate, form, size) for rate in ("1", "2") for form, size in (("a", "9"), ("b", "9"), ("b", "3"), ("c", "1"))
    ]
    groups = tuple(
        Group(" ".join(row), dict(zip(("rate", "method.x", "method.y"), row, strict=True)), ()) for row in rows
    )
    sweep = Sweep("zipped", ("rate", "method.x", "method.y"), groups)
    assert together(sweep, "method.x") == {"method.x", "method.y"}
    assert together(sweep, "rate") == {"rate"}
    assert bases(sweep) == {f"{rate} {form}": f"{rate} a 9" for rate in ("1", "2") for form in ("b 9", "b 3", "c 1")}
    assert bases(sweep, "rate") == {f"2 {form}": f"1 {form}" for form in ("a 9", "b 9", "b 3", "c 1")}


def test_a_grid_with_a_hole_is_still_a_grid(tmp_path: Path) -> None:
    from analysis.pairing import together
    from analysis.sweeps import Group, Sweep

    rows = [("1", "a"), ("1", "b"), ("2", "a")]
    groups = tuple(Group(" ".join(row), dict(zip(("rate", "method.x"), row, strict=True)), ()) for row in rows)
    assert together(Sweep("hole", ("rate", "method.x"), groups), "method.x") == {"method.x"}


def test_adapters_are_compared_where_a_trigger_is_an_axis_before_them() -> None:
    sweep: Any = SimpleNamespace(axes=("links.lte.latency", "method.trigger.every", "method.adapter"))
    assert axis_of(sweep) == "method.adapter"
    sweep.axes = ("links.lte.latency", "method.trigger.every")
    assert axis_of(sweep) == "method.trigger.every"
