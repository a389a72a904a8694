"""Accuracy per cohort: small multiples on one scale."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.accuracy import draw_curves
from analysis.figures.marks import draw_marks
from analysis.figures.style import legend_below, legend_title, sheet, time_axis
from analysis.sweeps import Subject, Sweep, as_sweep

COLUMNS = 2
MOST = 12


def draw(subject: Subject) -> Figure | None:
    """Draw one panel a cohort (the first twelve); None with a single cohort or without predictions."""
    sweep = as_sweep(subject)
    names = cohorts(sweep)[:MOST]
    if not sweep.judged or len(names) < 2:
        return None
    rows = -(-len(names) // COLUMNS)
    figure, panels = sheet(0.9 + 1.9 * rows, rows=rows, columns=COLUMNS)
    shown = list(panels.flat)[: len(names)]
    for axes, name in zip(shown, names, strict=True):
        _panel(axes, sweep, name)
    for axes in list(panels.flat)[len(names) :]:
        axes.set_visible(False)
    figure.supylabel(_join(shown), fontsize=8, multialignment="center")
    legend_below(figure, shown[0], legend_title(sweep))
    return figure


def cohorts(sweep: Sweep) -> list[str]:
    """Return the cohorts that every run has, in the order of the first."""
    first, *others = (run.cohorts for run in sweep.runs)
    return [name for name in first if all(name in names for names in others)]


def _panel(axes: Axes, sweep: Sweep, name: str) -> None:
    draw_curves(axes, sweep, name)
    marks = [mark for mark in sweep.marks if mark.get("cohort") in (None, name)]
    draw_marks(axes, marks, time_axis(axes, sweep.duration_s, most=6), labelled=False)
    axes.set_title(name)


def _join(shown: list[Axes]) -> str:
    """Give all panels one vertical scale and take their vertical labels away; return the one for all."""
    label = shown[0].get_ylabel()
    lows, highs = zip(*(axes.get_ylim() for axes in shown), strict=True)
    for place, axes in enumerate(shown):
        axes.set_ylim(min(lows), max(highs))
        axes.tick_params(labelbottom=place + COLUMNS >= len(shown))
        if place + COLUMNS < len(shown):
            axes.set_xlabel("")
        axes.set_ylabel("")
    return label
