"""Fairness: how accuracy spreads over devices, and how the worst tenth fares."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures.style import (
    PALE,
    REFERENCES,
    accuracy_limits,
    legend_below,
    legend_title,
    line_styles,
    sheet,
)
from analysis.metrics import halves
from analysis.statistics import bootstrap_devices, worst_decile
from analysis.sweeps import Group, Subject, as_sweep

FEWEST = 10


def draw(subject: Subject) -> Figure | None:
    """Draw accuracy against the rank of the device, worst first; None below ten devices that predict.

    The devices of all seeds of a group are pooled. The interval of the worst decile is a bootstrap over
    devices.
    """
    sweep = as_sweep(subject)
    groups = [group for group in sweep.judged if len(ranked(group, "correct")) >= FEWEST]
    if not groups:
        return None
    figure, panels = sheet(2.9 + 0.16 * (len(groups) // 3))
    axes, styles = panels[0, 0], line_styles(sweep)
    shown = [_plot(axes, groups[0], predictor, REFERENCES[predictor]) for predictor in REFERENCES if len(groups) == 1]
    for group in groups:
        values, style = ranked(group, "correct"), styles[group.label]
        shown.append(values)
        axes.plot(_ranks(values), values, color=style.colour, linestyle=style.dash, label=_named(group))
    axes.axvspan(0, 10, color=PALE, linewidth=0, zorder=0)
    axes.annotate("worst decile", (0.5, 1.0), (0, 2), xycoords=("data", "axes fraction"),
                  textcoords="offset points", fontsize=7)  # fmt: skip
    axes.set_xlim(0, 100)
    axes.set_ylim(*accuracy_limits(shown))
    axes.set_xlabel("devices, worst first [%]")
    axes.set_ylabel("accuracy of the device\nover the whole run")
    legend_below(figure, axes, legend_title(sweep), columns=2)
    return figure


def ranked(group: Group, column: str) -> NDArray[np.float64]:
    """Return the accuracies of all devices that predicted anything, worst first."""
    correct, samples = counts(group, column)
    active = samples > 0
    return np.sort(correct[active] / samples[active])


def counts(group: Group, column: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a group's correct and total samples per device, over all seeds."""
    tables = [run.devices for run in group.runs]
    correct = np.concatenate([table[column].to_numpy(np.int64) for table in tables])
    return correct, np.concatenate([table["samples"].to_numpy(np.int64) for table in tables])


def _named(group: Group) -> str:
    parts = [halves(run) for run in group.runs]
    correct, samples = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    decile = bootstrap_devices(correct, samples, worst_decile)
    return f"{group.label} (worst decile {decile.mean:.3f} [{decile.low:.3f}, {decile.high:.3f}])"


def _plot(axes: Axes, group: Group, predictor: str, style: tuple) -> NDArray[np.float64]:
    if not group.has(predictor):
        return np.array([])
    values = ranked(group, f"correct_{predictor}")
    colour, dash = style
    axes.plot(_ranks(values), values, color=colour, linestyle=dash, linewidth=1.1, label=f"{predictor} (reference)")
    return values


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 100 * (np.arange(len(values)) + 0.5) / len(values)
