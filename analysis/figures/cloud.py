"""Utilisation of the cloud, waiting requests, and rejected ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.figures.marks import draw_marks
from analysis.figures.style import COLOURS, DASHES, legend_below, sheet, time_axis
from analysis.queues import busy_shares, mean_waits_s
from analysis.runs import Run
from analysis.sweeps import Subject, as_sweep


def draw(subject: Subject) -> Figure | None:
    """Draw requests per tick, busy share, queue and mean wait; None for several runs or an idle cloud."""
    sweep = as_sweep(subject)
    if len(sweep.runs) != 1:
        return None
    run = sweep.runs[0]
    if run.cloud.empty or not int(run.cloud["arrived"].max()):
        return None
    figure, panels = sheet(5.2, rows=4)
    panels = panels[:, 0]
    unit_s = time_axis(panels[-1], run.duration_s)
    edges = np.append(0.0, run.cloud["t_s"]) / unit_s
    _requests(panels[0], run, edges)
    workers = int(run.cloud["workers"].max())
    busy = 100 * busy_shares(run.cloud, "workers", run.tick_s)
    for axes, values, label in (
        (panels[1], busy, f"{workers} worker{'s' * (workers > 1)}\nbusy [%]"),
        (panels[2], run.cloud["queue"], "requests\nwaiting"),
        (panels[3], mean_waits_s(run.cloud), "mean wait\n[s]"),
    ):
        axes.stairs(values, edges, color=COLOURS[0], linewidth=1.4, baseline=None)
        axes.set_ylabel(label)
    for axes in (panels[0], panels[2]):
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_ylim(top=max(1.0, axes.get_ylim()[1]))
    for axes in panels:
        axes.set_ylim(bottom=0)
        draw_marks(axes, run.marks, unit_s, labelled=axes is panels[0])
    figure.align_ylabels(list(panels))
    legend_below(figure, panels[0])
    return figure


def _requests(axes: Axes, run: Run, edges: NDArray[np.float64]) -> None:
    """Draw what came, was served and was turned away in each tick; the table counts from the start."""
    for place, column in enumerate(("arrived", "served", "rejected", "dropped")):
        if column not in run.cloud or (place > 1 and not run.cloud[column].any()):
            continue
        if column == "dropped" and run.cloud["dropped"].equals(run.cloud["rejected"]):
            continue
        counts = run.cloud[column].diff().fillna(run.cloud[column])
        style: dict[str, Any] = {"color": COLOURS[place], "linestyle": DASHES[place]}
        axes.stairs(counts, edges, label=column, linewidth=1.1, baseline=None, **style)
    axes.set_ylabel("requests\nper tick")
