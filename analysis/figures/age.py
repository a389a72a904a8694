"""How old the deployed models were: the exact distribution of age over device time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.contract.amounts import clock
from analysis import ages
from analysis.figures.style import legend_below, legend_title, line_styles, log_axis, sheet
from analysis.sweeps import Group, Subject, as_sweep

POINTS = 500
LONG_TAIL = 40.0


def draw(subject: Subject) -> Figure | None:
    """Draw one distribution function a group, over all its seeds; None where nothing was ever installed."""
    sweep = as_sweep(subject)
    by_group = {group.label: pooled(group) for group in sweep.groups if installs(group)}
    if not by_group:
        return None
    figure, panels = sheet(2.8 + 0.16 * (len(by_group) // 3))
    axes, styles = panels[0, 0], line_styles(sweep)
    medians_s = {label: ages.age_quantile(intervals, 0.5) for label, intervals in by_group.items()}
    longest_s = max(float(intervals.high_s.max()) for intervals in by_group.values())
    unit_s, unit = clock(longest_s)
    at_s = _grid(axes, min(medians_s.values()), longest_s, unit_s)
    for label, intervals in by_group.items():
        name = f"{label} (median {medians_s[label] / unit_s:.3g} {unit})"
        share = 100 * ages.share_younger(intervals, at_s)
        axes.plot(at_s / unit_s, share, color=styles[label].colour, linestyle=styles[label].dash, label=name)
    axes.set_ylim(0, 101)
    axes.set_xlabel(f"age of the deployed model [{unit}]")
    axes.set_ylabel("device time with a model\nat most that old [%]")
    legend_below(figure, axes, legend_title(sweep), columns=3)
    return figure


def _grid(axes: Axes, median_s: float, longest_s: float, unit_s: float) -> NDArray[np.float64]:
    """Choose the ages [s] to draw at, on a logarithmic axis where a few devices are much older than most."""
    if longest_s > LONG_TAIL * median_s:
        log_axis(axes, median_s / 50 / unit_s, longest_s / unit_s)
        return np.geomspace(median_s / 50, longest_s, POINTS)
    axes.set_xlim(0, longest_s / unit_s)
    return np.linspace(0, longest_s, POINTS)


def installs(group: Group) -> bool:
    """Return whether any update of a group took effect."""
    return any(run.exchange_columns("installed_s").notna().to_numpy().any() for run in group.runs)


def pooled(group: Group) -> ages.AgeIntervals:
    """Join the stretches of all seeds: the distribution over the device time of all repetitions."""
    by_group = [ages.of_run(run) for run in group.runs]
    return ages.AgeIntervals(*(np.concatenate(parts) for parts in zip(*by_group, strict=True)))
