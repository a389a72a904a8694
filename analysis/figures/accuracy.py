"""Accuracy against virtual time: what the deployed models really got right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.contract.amounts import time_in_words
from analysis.figures.marks import draw_marks
from analysis.figures.style import (
    INK,
    REFERENCES,
    LineStyle,
    accuracy_limits,
    legend_below,
    legend_title,
    line_styles,
    sheet,
    time_axis,
)
from analysis.sweeps import Group, Subject, Sweep, as_sweep
from analysis.theory import courses
from analysis.windows import Curve, accuracy_curve, smoothing_s, trailing_share

#: Fewer seeds than this are drawn one by one.
BAND_FROM = 5
#: Crosses by which theory is marked along the axis, about.
CROSSES = 24


class Curves(NamedTuple):
    """The mean over seeds, and each seed."""

    mean: Curve
    seeds: list[Curve]


def draw(subject: Subject) -> Figure | None:
    """Draw one curve a method (or setting), the references, and the drift marks; None for timing-only runs.

    Curves are trailing over the window in the label of the vertical axis. With several seeds a curve is their
    mean, with the 95 % Student t interval as a band from five seeds on, and each seed as a thin line below.
    """
    sweep = as_sweep(subject)
    if not sweep.judged:
        return None
    figure, panels = sheet(3.1 + 0.16 * (len(sweep.judged) // 4))
    axes = panels[0, 0]
    draw_curves(axes, sweep, None)
    draw_marks(axes, sweep.marks, time_axis(axes, sweep.duration_s))
    legend_below(figure, axes, legend_title(sweep))
    return figure


def draw_curves(axes: Axes, sweep: Sweep, cohort: str | None) -> None:
    """Draw references and groups of one cohort (None: the fleet) and set limits and the vertical label."""
    window_s = smoothing_s([run for group in sweep.judged for run in group.runs], cohort)
    styles, unit_s = line_styles(sweep), time_axis(axes, sweep.duration_s, label=False)
    shown = [_reference(axes, sweep, predictor, cohort, window_s, unit_s) for predictor in REFERENCES]
    for group in sweep.judged:
        seeds = [accuracy_curve([run], window_s, "deployed", cohort) for run in group.runs]
        curves = Curves(accuracy_curve(group.runs, window_s, "deployed", cohort), seeds)
        shown.append(_plot(axes, curves, group.label, styles[group.label], unit_s))
        shown += _theory(axes, group, styles[group.label].colour, window_s, unit_s) if cohort is None else []
    axes.set_ylim(*accuracy_limits(shown))
    axes.set_ylabel(vertical_label(window_s, sweep.judged))


def vertical_label(window_s: float, groups: list[Group]) -> str:
    """Name the axis with its smoothing and, where there is one, its band."""
    seeds = {len(group.runs) for group in groups}
    kind = "band 95 % t" if min(seeds) >= BAND_FROM else "thin: seeds"
    band = f"; {kind}, n = {'-'.join(map(str, sorted(seeds)))}" if max(seeds) > 1 else ""
    return f"accuracy\n(trailing {time_in_words(window_s)}{band})"


def _reference(
    axes: Axes, sweep: Sweep, predictor: str, cohort: str | None, window_s: float, unit_s: float
) -> NDArray[np.float64]:
    """Draw a reference pooled over all groups: for one seed every method meets the same samples."""
    runs = [run for group in sweep.judged if group.has(predictor) for run in group.runs]
    if not runs:
        return np.array([])
    curve = accuracy_curve(runs, window_s, predictor, cohort)
    colour, dash = REFERENCES[predictor]
    name = f"{predictor} (reference)"
    axes.plot(curve.t_s / unit_s, curve.mean, color=colour, linestyle=dash, linewidth=1.1, label=name, zorder=2)
    return curve.mean


def _theory(axes: Axes, group: Group, colour: str, window_s: float, unit_s: float) -> list[NDArray[np.float64]]:
    """Mark what closed forms say of the fleet, smoothed as what was seen is, along a fine line of its colour."""
    drawn = []
    for course in courses(group):
        ticks = max(1, round(window_s / float(np.diff(course.t_s, prepend=0.0).min())))
        said = trailing_share(course.expected, course.samples, ticks)
        every = max(1, len(said) // CROSSES)
        axes.plot(course.t_s / unit_s, said, ":", color=colour, linewidth=0.9, zorder=4)
        (crosses,) = axes.plot(course.t_s / unit_s, said, "x", color=INK, markersize=4, label="theory", zorder=5)
        crosses.set(markevery=(every // 2, every), markeredgewidth=0.9)
        drawn.append(said)
    return drawn


def _plot(axes: Axes, curves: Curves, label: str, style: LineStyle, unit_s: float) -> NDArray[np.float64]:
    """Draw the mean; a band over many seeds, thin lines where a band of few would be several times as wide."""
    curve = curves.mean
    x = curve.t_s / unit_s
    axes.plot(x, curve.mean, color=style.colour, linestyle=style.dash, label=label, zorder=3)
    if len(curves.seeds) >= BAND_FROM and not np.isnan(curve.half).all():
        low, high = np.clip([curve.mean - curve.half, curve.mean + curve.half], 0.0, 1.0)
        axes.fill_between(x, low, high, color=style.colour, alpha=0.18, linewidth=0, zorder=1)
    elif len(curves.seeds) > 1:
        for seed in curves.seeds:
            axes.plot(seed.t_s / unit_s, seed.mean, color=style.colour, linewidth=0.5, alpha=0.35, zorder=1)
    return curve.mean
