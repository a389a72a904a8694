"""Two axes of a sweep at once: one cell a setting."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.compare import titled
from analysis.figures.style import sheet
from analysis.metrics import METRICS, main_metric
from analysis.statistics import Interval
from analysis.sweeps import Group, Subject, Sweep, as_sweep, short_axis

COLOUR_MAP = "cividis"


def draw(subject: Subject) -> Figure | None:
    """Draw the main metric over two axes, a cell a setting; None unless exactly two axes vary."""
    sweep = as_sweep(subject)
    if len(sweep.axes) != 2:
        return None
    name = main_metric(sweep.runs)
    cells = {tuple(group.values.values()): _measured(group, name) for group in sweep.groups}
    columns, rows = (_values(sweep, place) for place in (0, 1))
    metric = METRICS[name]
    grid = np.array([[_mean(cells.get((column, row))) * metric.scale for column in columns] for row in rows])
    if np.isnan(grid).all():
        return None
    figure, panels = sheet(1.3 + 0.42 * len(rows), width_in=min(7.0, 2.4 + 0.95 * len(columns)))
    axes = panels[0, 0]
    image = axes.imshow(grid, cmap=COLOUR_MAP, aspect="auto")
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            text = _cell(cells.get((column, row)), metric.scale, metric.digits)
            axes.text(j, i, text, ha="center", va="center", color=_ink(image, grid, i, j), fontsize=7.5)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(short_axis(sweep.axes[0]))
    axes.set_ylabel(short_axis(sweep.axes[1]))
    figure.colorbar(image, ax=axes, label=titled(metric), pad=0.02)
    return figure


def _measured(group: Group, name: str) -> Interval:
    return METRICS[name].over(group.runs)


def _values(sweep: Sweep, place: int) -> list[str]:
    return list(dict.fromkeys(group.values[sweep.axes[place]] for group in sweep.groups))


def _mean(interval: Interval | None) -> float:
    return math.nan if interval is None else interval.mean


def _cell(interval: Interval | None, scale: float, digits: int) -> str:
    if interval is None or math.isnan(interval.mean):
        return "none"
    half = "" if math.isnan(interval.half) else f"\n± {scale * interval.half:.{digits}f}"
    return f"{scale * interval.mean:.{digits}f}{half}"


def _ink(image: object, grid: NDArray[np.float64], row: int, column: int) -> str:
    """Choose white on dark cells and black on light ones."""
    low, high = np.nanmin(grid), np.nanmax(grid)
    bright = high > low and (grid[row, column] - low) / (high - low) > 0.55
    return "black" if bright or math.isnan(grid[row, column]) else "white"
