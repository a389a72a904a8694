"""A metric against a numeric axis of the sweep, a line a method: the figure that a study is about."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter

from analysis.compare import titled
from analysis.figures.accuracy import BAND_FROM
from analysis.figures.style import (
    COLOURS,
    DASHES,
    INK,
    MARKERS,
    REFERENCES,
    legend_below,
    panels_across,
    sheet,
)
from analysis.metrics import METRICS, main_metric
from analysis.response import Line, base_unit, response
from analysis.statistics import student_interval
from analysis.sweeps import Group, Subject, Sweep, as_sweep, short_axis
from analysis.theory import twins

ACROSS = 3
#: The axis is logarithmic where its values span more than such a factor.
WIDE = 8.0
REFERENCE_METRICS = {"accuracy": {"static": "accuracy_static", "oracle": "accuracy_oracle"}}


def draw(subject: Subject, metric: str | None = None) -> Figure | None:
    """Draw the main metric (or the one named) along the sweep's numeric axis; None where there is none."""
    sweep = as_sweep(subject)
    name = metric or main_metric(sweep.runs)
    found = response(sweep, name)
    if found is None:
        return None
    across = min(panels_across(ACROSS), len(found.panels))
    rows = -(-len(found.panels) // across)
    figure, panels = sheet(0.8 + 2.2 * rows, rows=rows, columns=across)
    shown = list(panels.flat)[: len(found.panels)]
    for axes in list(panels.flat)[len(shown) :]:
        axes.set_visible(False)
    for axes, (values, lines) in zip(shown, found.panels.items(), strict=True):
        _panel(axes, sweep, lines, name)
        held = [f"{short_axis(axis)} {value}" for axis, value in zip(found.others, values, strict=True)]
        axes.set_title(", ".join(held), fontsize=8)
    _one_scale(shown, across)
    unit = base_unit(sweep.groups[0].values[found.axis])
    for axes in shown[-across:]:
        axes.set_xlabel(f"{short_axis(found.axis)}{f' [{unit}]' if unit else ''}")
    shown[0].set_ylabel(titled(METRICS[name]))
    alone = [axis for axis in sweep.axes if axis not in (found.axis, *found.others)]
    # Of several axes some may be tied to the one that is drawn along, and say nothing of lines.
    legend_below(figure, shown, short_axis(alone[0]) if len(alone) == 1 else None)
    return figure


def _panel(axes: Axes, sweep: Sweep, lines: Sequence[Line], name: str) -> None:
    every = [x for line in lines for x in line.x]
    if min(every) > 0 and max(every) / min(every) > WIDE:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(_tick)
    for place, line in enumerate(lines):
        _line(axes, place, line, METRICS[name].scale, name)
    for reference, metric in REFERENCE_METRICS.get(name, {}).items():
        _reference(axes, lines, reference, metric)
    _theory(axes, lines, name)


def _tick(value: float, _: float) -> str:
    """Write a number short: large ones as 10k, which small ones do not need (100m of a second is 0.1)."""
    return f"{value:g}" if abs(value) < 1e4 else EngFormatter(sep="")(value)


def _theory(axes: Axes, lines: Sequence[Line], name: str) -> None:
    """Mark what closed forms say, where theory reaches, joined by a fine line of the colour of what it is about."""
    for place, line in enumerate(lines):
        points = [
            (x, METRICS[name].scale * twin.value)
            for x, group in zip(line.x, line.groups, strict=True)
            for twin in twins(group)
            if twin.metric == name
        ]
        if points:
            axes.plot(*zip(*points, strict=True), ":", color=COLOURS[place % 6], linewidth=0.9, zorder=4)
            axes.plot(*zip(*points, strict=True), "x", color=INK, markersize=6, zorder=5, label="theory")


def _line(axes: Axes, place: int, line: Line, scale: float, name: str) -> None:
    """Draw means, and seeds one by one where they are few, a band where they are many."""
    colour, dash, marker = COLOURS[place % 6], DASHES[place % len(DASHES)], MARKERS[place % len(MARKERS)]
    mean = [scale * (value.low if math.isinf(value.mean) else value.mean) for value in line.values]
    # Where nothing but the axis varies, a line is that of the one method there is.
    label = line.label or line.groups[0].runs[0].adapter
    axes.plot(line.x, mean, color=colour, linestyle=dash, marker=marker, label=label, zorder=3)
    beyond = [(x, y) for x, y, value in zip(line.x, mean, line.values, strict=True) if math.isinf(value.mean)]
    if beyond:
        axes.plot(*zip(*beyond, strict=True), "^", color=colour, markerfacecolor="white", markersize=7, zorder=4)
    if min(value.n for value in line.values) >= BAND_FROM and not any(np.isnan(v.half) for v in line.values):
        low, high = ([scale * getattr(value, end) for value in line.values] for end in ("low", "high"))
        axes.fill_between(line.x, low, high, color=colour, alpha=0.16, linewidth=0, zorder=1)
        return
    seeds = sorted({run.seed for group in line.groups for run in group.runs})
    for seed in seeds if len(seeds) > 1 else ():
        found = [(x, _of_seed(group, seed, name)) for x, group in zip(line.x, line.groups, strict=True)]
        points = [(x, scale * value) for x, value in found if value is not None]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, linestyle=dash, linewidth=0.5, alpha=0.6, zorder=2)


def _of_seed(group: Group, seed: int, name: str) -> float | None:
    runs = [run for run in group.runs if run.seed == seed]
    return METRICS[name].of(runs[0]) if runs else None


def _reference(axes: Axes, lines: Sequence[Line], reference: str, metric: str) -> None:
    """Draw what every method is measured against, over all that was run at each value."""
    at: dict[float, list[float | None]] = {}
    for line in lines:
        for x, group in zip(line.x, line.groups, strict=True):
            at.setdefault(x, []).extend(METRICS[metric].of(run) for run in group.runs)
    points = [(x, 100 * student_interval(values).mean) for x, values in sorted(at.items())]
    if any(math.isnan(y) for _, y in points):
        return
    colour, dash = REFERENCES[reference]
    label = f"{reference} (reference)"
    if len(points) == 1:
        # A line through one point would not be seen.
        axes.axhline(points[0][1], color=colour, linestyle=dash, linewidth=1.0, label=label)
        return
    axes.plot(*zip(*points, strict=True), color=colour, linestyle=dash, linewidth=1.0, label=label)


def _one_scale(shown: Sequence[Axes], across: int) -> None:
    lows, highs = zip(*(axes.get_ylim() for axes in shown), strict=True)
    for place, axes in enumerate(shown):
        axes.set_ylim(min(lows), max(highs))
        axes.tick_params(labelleft=place % across == 0, labelbottom=True)
