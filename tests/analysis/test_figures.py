"""Every figure: drawn, deterministic, whole, and without touching matplotlib's global state."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axis import Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from agents.contract.amounts import byte_unit, clock
from analysis.figures import FIGURES, render, write_figures
from analysis.figures.marks import describe
from analysis.figures.style import accuracy_limits, house_style, line_styles, time_axis
from analysis.folder import RunError
from analysis.latency import STAGES
from analysis.sweeps import Subject, as_sweep, open_folder
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import write_run

pytestmark = pytest.mark.whole

RUN = {
    "accuracy",
    "regret",
    "recovery",
    "cohorts",
    "devices",
    "age",
    "latency",
    "traffic",
    "transfers",
    "links",
    "cloud",
}
SWEEP = {"response", "accuracy", "regret", "recovery", "cohorts", "devices", "pareto", "heatmap", "age", "latency"}
DIVERSE = ["accuracy", "regret", "devices", "latency"]
TIMING = {"age", "latency", "traffic", "transfers", "links", "cloud"}


def drawn(subject: Subject) -> dict[str, Figure]:
    figures = {name: render(subject, name) for name in FIGURES}
    return {name: figure for name, figure in figures.items() if figure is not None}


@pytest.mark.parametrize(
    ("fixture", "expected"), [("run_folder", RUN), ("sweep_folder", SWEEP), ("timing_folder", TIMING)]
)
def test_what_applies_is_drawn_and_nothing_is_cut_off(
    fixture: str, expected: set[str], request: pytest.FixtureRequest
) -> None:
    figures = drawn(open_folder(request.getfixturevalue(fixture)))
    assert set(figures) == expected
    for name, figure in figures.items():
        assert texts_outside(figure) == [], name


def texts_outside(figure: Figure) -> list[str]:
    """Return the words that leave the sheet after layout; numbers at ticks out of view are never drawn."""
    with house_style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        numbers = {id(label) for tick in figure.findobj(Tick) for label in (tick.label1, tick.label2)}
        words = [text for text in figure.findobj(Text) if id(text) not in numbers and text.get_text().strip()]
        boxes = {text.get_text(): text.get_window_extent(canvas.get_renderer()) for text in words}
    sheet = figure.bbox.padded(1)
    return [words for words, box in boxes.items() if not (sheet.contains(*box.min) and sheet.contains(*box.max))]


def test_the_same_tables_give_the_same_bytes(run_folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_figures(open_folder(run_folder), tmp_path / name, DIVERSE, formats=["svg"])
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
        assert b"dc:date" not in path.read_bytes()


def test_files_are_written_in_both_formats_and_no_draft_is_left(run_folder: Path, tmp_path: Path) -> None:
    paths = write_figures(open_folder(run_folder), tmp_path, names=["age"])
    assert {path.name for path in paths} == {"age.svg", "age.png"} == {path.name for path in tmp_path.iterdir()}


def test_a_draft_that_fails_leaves_nothing(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not supported"):
        write_figures(open_folder(run_folder), tmp_path, names=["age"], formats=["nonsense"])
    assert list(tmp_path.iterdir()) == []


def test_a_broken_table_is_a_run_error(run_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(run_folder, tmp_path / "copy"))
    (folder / "exchanges.parquet").unlink()
    with pytest.raises(RunError, match=r"exchanges\.parquet: missing"):
        write_figures(open_folder(folder), tmp_path / "plots")


def test_matplotlib_is_left_as_it_was(run_folder: Path) -> None:
    before = dict(mpl.rcParams)
    drawn(open_folder(run_folder))
    assert dict(mpl.rcParams) == before


def test_pyplot_is_never_imported(run_folder: Path, tmp_path: Path) -> None:
    script = (
        "import sys, analysis\n"
        f"analysis.write_figures(analysis.open_folder({str(run_folder)!r}), {str(tmp_path)!r}, ['age'])\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


def test_the_key_of_times_names_every_curve(sweep_folder: Path, run_folder: Path) -> None:
    for folder in (sweep_folder, run_folder):
        subject = open_folder(folder)
        figure = render(subject, "latency")
        assert figure is not None
        named = [text.get_text() for text in figure.legends[0].get_texts()]
        settings = [group.label for group in as_sweep(subject).groups]
        assert named[: -len(STAGES)] == (settings if len(settings) > 1 else [])


def test_curves_carry_their_settings_and_references(sweep_folder: Path) -> None:
    figure = render(open_folder(sweep_folder), "accuracy")
    assert figure is not None
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:2] == ["oracle (reference)", "static (reference)"]
    assert labels[2:] == [group.label for group in as_sweep(open_folder(sweep_folder)).groups]
    assert "n = 3" in figure.axes[0].get_ylabel()
    thin = [line for line in figure.axes[0].lines if line.get_linewidth() == 0.5]
    assert len(thin) == 12


def test_one_seed_has_no_band(run_folder: Path) -> None:
    figure = render(open_folder(run_folder), "accuracy")
    assert figure is not None
    assert len(figure.axes[0].collections) == 0
    assert "95 %" not in figure.axes[0].get_ylabel()


def test_methods_share_a_colour_and_links_share_a_dash(sweep_folder: Path) -> None:
    looks = line_styles(as_sweep(open_folder(sweep_folder)))
    wide, narrow = (looks[f"persona · {rate}"] for rate in ("2 Mbit/s", "32 kbit/s"))
    other = looks["cloud_ft · 2 Mbit/s"]
    assert wide.colour == narrow.colour != other.colour
    assert wide.dash == other.dash != narrow.dash


def test_drift_labels_never_overlap(tmp_path: Path) -> None:
    marks = [dict(SMALL.drift[0], at_s=at, until_s=at, label=f"rotate {at:g} deg") for at in (300.0, 330.0, 380.0)]
    boxes = label_boxes(replace(SMALL, drift=marks), tmp_path / "few")
    assert len(boxes) == 3
    crowd = [dict(SMALL.drift[0], at_s=at, until_s=at) for at in np.arange(30.0, 1200.0, 90.0)]
    assert len(label_boxes(replace(SMALL, drift=crowd), tmp_path / "many")) == len(crowd)


def label_boxes(plan, folder: Path) -> list:  # type: ignore[no-untyped-def, type-arg]
    figure = render(open_folder(write_run(folder, plan)), "accuracy")
    assert figure is not None
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    return boxes


def test_marks_say_whom_they_touch() -> None:
    assert describe({"label": "noise 0.3", "share": 0.5, "cohort": "phones"}) == "noise 0.3 (50 %, phones)"
    assert describe({"label": "rotate 90 deg", "share": 1.0, "cohort": None}) == "rotate 90 deg"
    assert describe({"label": None}) == "drift"
    assert len(describe({"label": "x" * 80})) == 34


@pytest.mark.parametrize(
    ("duration_s", "unit", "step"),
    [(60, "s", 10), (1200, "min", 2), (1800, "min", 5), (90000, "h", 3), (604800, "d", 1), (0.5, "s", 0.05)],
)
def test_time_reads_in_a_unit_that_people_count_in(duration_s: float, unit: str, step: float) -> None:
    figure = Figure()
    axes = figure.add_subplot()
    unit_s = time_axis(axes, duration_s)
    assert axes.get_xlabel() == f"virtual time [{unit}]"
    assert clock(duration_s) == (unit_s, unit)
    assert np.diff(axes.get_xticks())[0] == pytest.approx(step)


def test_limits_and_units() -> None:
    assert accuracy_limits([]) == (0.0, 1.0)
    low, high = accuracy_limits([np.array([0.5, np.nan]), np.array([1.0])])
    assert low < 0.5
    assert 1.0 <= high <= 1.005
    assert [byte_unit(n)[1] for n in (0, 999, 1000, 2e6, 3e9, 4e15)] == ["B", "B", "kB", "MB", "GB", "TB"]
