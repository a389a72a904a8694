"""Figures of settings with long names at the width of a column: nothing is cut, and nothing is out of sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.figures import drawn
from analysis.figures.fitting import broken
from analysis.figures.style import COLUMN_IN, Look, house_style
from analysis.sweeps import Sweep, open_sweep
from tests.analysis.synthetic import Plan, write_sweep


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    names = ["labels from the device", "a method with a long name, option 4, another option 12"]
    links = {"2 kbit/s": 200, "20 kbit/s": 20_000}
    plans = {(name, rate): Plan(cohorts={"phones": 4}, up_bytes=size) for name in names for rate, size in links.items()}
    folder = tmp_path_factory.mktemp("long") / "sweep"
    return open_sweep(write_sweep(folder, plans, ["method.adapter", "links.lte.up"], 2))


def of_column(sweep: Sweep, name: str) -> Figure:
    with house_style(Look(width_in=COLUMN_IN)):
        figure = drawn(sweep, name)
        assert figure is not None
        figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("name", ["accuracy", "regret", "recovery", "pareto"])
def test_no_text_of_a_column_is_cut(sweep: Sweep, name: str) -> None:
    figure = of_column(sweep, name)
    texts = [axes.xaxis.label for axes in figure.axes] + [axes.yaxis.label for axes in figure.axes]
    texts += [label for axes in figure.axes for label in axes.get_yticklabels()]
    texts += [text for legend in figure.legends for text in legend.findobj(Text)]
    extents = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text() and text.get_visible()]
    assert extents
    assert not [text for text, extent in extents if extent.x0 < 0 or extent.x1 > figure.bbox.width]


@pytest.mark.parametrize("name", ["pareto", "recovery"])
def test_panels_of_a_column_hide_no_point(sweep: Sweep, name: str) -> None:
    for axes in of_column(sweep, name).axes:
        low, high = axes.get_xlim()
        assert all(low <= x <= high for line in axes.get_lines() for x in line.get_xdata())


def test_a_line_has_a_name_where_nothing_but_the_axis_varies(tmp_path: Path) -> None:
    plans = {(rate,): Plan(cohorts={"phones": 2}, duration_s=120.0, drift=()) for rate in ("2 kbit/s", "20 kbit/s")}
    figure = drawn(open_sweep(write_sweep(tmp_path / "sweep", plans, ["links.lte.up"], 1)), "response")
    assert figure is not None
    assert "persona" in figure.axes[0].get_legend_handles_labels()[1]


def test_a_name_is_broken_between_its_parts_in_lines_as_short_as_can_be() -> None:
    assert broken("lora · persona, reply code · payload 320 B", 30) == "lora · persona, reply code ·\npayload 320 B"
    assert broken("mean time of an installed exchange [s]", 37) == "mean time of an\ninstalled exchange [s]"
    assert broken("short", 8) == "short"
