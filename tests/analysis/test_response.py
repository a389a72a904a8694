"""The figure of a study: a metric along a numeric axis, at any width, with fonts that journals take."""

from __future__ import annotations

import csv
import io
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from analysis.figures import render, write_figures
from analysis.figures.style import Look
from analysis.folder import RunError
from analysis.response import base_unit, base_value, numeric_axes, response
from analysis.sweeps import open_sweep
from analysis.windows import accuracy
from analysis.writing import written
from tests.analysis.synthetic import Plan, write_sweep

pytestmark = pytest.mark.whole


def test_lines_run_along_the_axis_in_base_units(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    found = response(sweep, "accuracy")
    assert found is not None
    assert (found.axis, found.others) == ("links.lte.up", ())
    [lines] = found.panels.values()
    assert {line.label: line.x for line in lines} == {"cloud_ft": (32e3, 2e6), "persona": (32e3, 2e6)}
    slow = next(group for group in sweep.groups if group.label == "persona · 32 kbit/s")
    expected = np.mean([accuracy(run) for run in slow.runs])
    assert next(line for line in lines if line.label == "persona").values[0].mean == pytest.approx(expected)


def test_axes_that_were_zipped_make_one_line_each_and_no_panels(tmp_path: Path) -> None:
    axes = ["links.a.up", "links.a.down", "method.adapter", "method.sizes"]
    code = '{"kind": "persona", "reply": "code"}'
    forms = [("persona", '{"update": "66 kB"}'), ("persona", '{"update": "750 kB"}'), (code, '{"update": "256 B"}')]
    plan = Plan(cohorts={"phones": 2}, duration_s=120.0, drift=())
    plans = {(rate, rate, *form): plan for rate in ("1 kbit/s", "1 Mbit/s") for form in forms}
    found = response(open_sweep(write_sweep(tmp_path / "s", plans, axes, seeds=1)), "accuracy")
    assert found is not None
    assert (found.axis, found.others) == ("links.a.up", ())
    [lines] = found.panels.values()
    assert [line.x for line in lines] == [(1e3, 1e6)] * 3
    assert [line.label for line in lines] == [
        "persona · update 66 kB",
        "persona · update 750 kB",
        "persona, reply code · update 256 B",
    ]


def test_every_further_axis_is_held_in_a_panel(tmp_path: Path) -> None:
    axes = ["links.a.up", "method.adapter", "links.a.loss", "links.a.latency"]
    rates, losses, latencies = ("1 kbit/s", "1 Mbit/s"), ("0 %", "5 %"), ("1 ms", "1 s")
    plan = Plan(cohorts={"phones": 2}, duration_s=120.0, drift=())
    settings = itertools.product(rates, ("persona", "cloud_ft"), losses, latencies)
    found = response(open_sweep(write_sweep(tmp_path / "s", dict.fromkeys(settings, plan), axes, seeds=1)), "accuracy")
    assert found is not None
    assert found.others == ("links.a.loss", "links.a.latency")
    assert list(found.panels) == list(itertools.product(losses, latencies))
    assert all(len(set(line.x)) == len(line.x) for lines in found.panels.values() for line in lines)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("200 bit/s", 200.0, "bit/s"),
        ("1.5 MB/s", 12e6, "bit/s"),
        ("40 ms", 0.04, "s"),
        ("2 min", 120.0, "s"),
        ("5 %", 0.05, ""),
        ("8", 8.0, ""),
        ("16 KiB", 16384.0, "B"),
        ("persona", None, None),
        ("2 widgets", None, None),
    ],
)
def test_quantities_are_read_as_they_are_written(text: str, value: float | None, unit: str | None) -> None:
    assert (base_value(text), base_unit(text)) == (value if value is None else pytest.approx(value), unit)


def test_words_are_no_numeric_axis(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    assert numeric_axes(sweep) == ["links.lte.up"]
    assert response(sweep, "accuracy", "method.adapter.kind") is None


def test_a_column_wide_pdf_embeds_truetype(sweep_folder: Path, tmp_path: Path) -> None:
    look = Look(3.5, "serif", {"persona": "ours", "32 kbit/s": "NB-IoT"})
    sweep = open_sweep(sweep_folder)
    [path] = write_figures(sweep, tmp_path, ["response"], ["pdf"], look, "recovery_mean_s")
    content = path.read_bytes()
    assert b"/Type3" not in content
    assert b"/CIDFontType2" in content
    [drawing] = write_figures(sweep, tmp_path, ["response"], ["svg"], look)
    text = drawing.read_text()
    assert ">ours<" in text
    assert ">persona<" not in text
    assert 'width="252pt"' in text


def test_wrong_names_are_answered(sweep_folder: Path, tmp_path: Path) -> None:
    sweep = open_sweep(sweep_folder)
    with pytest.raises(RunError, match="there is no figure 'respons'; did you mean 'response'"):
        write_figures(sweep, tmp_path, ["respons"])
    with pytest.raises(RunError, match="there is no metric"):
        write_figures(sweep, tmp_path, ["response"], metric="acuracy")


def test_a_run_alone_has_no_response(run_folder: Path) -> None:
    from analysis.runs import open_run

    assert render(open_run(run_folder), "response") is None


def test_the_comparison_goes_into_papers_and_programs(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    rows = list(csv.DictReader(io.StringIO(written(sweep, "csv", ["accuracy"], None, None, None))))
    assert [row["method.adapter.kind"] for row in rows] == ["cloud_ft", "cloud_ft", "persona", "persona"]
    found = json.loads(written(sweep, "json", ["accuracy"], None, None, None))["rows"][-1]
    assert float(rows[-1]["difference_accuracy_mean"]) == found["differences"]["accuracy"]["mean"]
    latex = written(sweep, "latex", ["accuracy"], None, None, None)
    assert "cloud\\_ft & 2 Mbit/s & 3" in latex
    assert latex.count(r" \\") == 5
    assert written(sweep, "markdown", ["accuracy"], None, None, None).startswith(
        "| adapter | lte up | n | accuracy [%] |"
    )


def test_a_key_is_never_wider_than_its_figure(tmp_path: Path) -> None:
    names = [f"a method with a long name, option {n}, another option {n}" for n in range(12)]
    plans = {(name, rate): Plan(cohorts={"phones": 2}, duration_s=120.0, drift=()) for name in names for rate in "12"}
    figure = render(open_sweep(write_sweep(tmp_path / "s", plans, ["method.adapter", "cloud.workers"], 1)), "response")
    assert figure is not None
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().width <= figure.bbox.width
    assert figure.legends[0].get_window_extent().height <= 0.6 * figure.bbox.height
