"""Utilisation of the links and the messages that waited at them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.marks import draw_marks
from analysis.figures.style import COLOURS, DASHES, legend_below, sheet, time_axis
from analysis.queues import busy_shares, link_utilisations
from analysis.sweeps import Subject, as_sweep

MOST = len(COLOURS)


def draw(subject: Subject) -> Figure | None:
    """Draw busy share and queue against time, up solid and down dashed; None for several runs or no links.

    The six busiest links are drawn. Shares and queues are over all instances of a link.
    """
    sweep = as_sweep(subject)
    if len(sweep.runs) != 1 or sweep.runs[0].links.empty:
        return None
    run = sweep.runs[0]
    uses = sorted(link_utilisations(run), key=lambda use: -use.busy_share)
    colours = dict(zip(list(dict.fromkeys(use.link for use in uses))[:MOST], COLOURS, strict=False))
    figure, panels = sheet(3.8, rows=2)
    busy, queue = panels[:, 0]
    unit_s = time_axis(queue, run.duration_s)
    for use in (use for use in uses if use.link in colours):
        rows = run.links[(run.links["link"] == use.link) & (run.links["direction"] == use.direction)]
        style: dict[str, Any] = {
            "color": colours[use.link],
            "linestyle": DASHES[0 if use.direction == "up" else 1],
        }
        edges, name = np.append(0.0, rows["t_s"]) / unit_s, f"{use.link} {use.direction}"
        shares = 100 * busy_shares(rows, "instances", run.tick_s)
        busy.stairs(shares, edges, label=name, linewidth=1.4, baseline=None, **style)
        queue.stairs(rows["queue"], edges, linewidth=1.4, baseline=None, **style)
    busy.set_ylabel("busy, mean over\ninstances [%]")
    queue.set_ylabel("messages waiting")
    queue.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    queue.set_ylim(top=max(1.0, queue.get_ylim()[1]))
    for axes in (busy, queue):
        axes.set_ylim(bottom=0)
        draw_marks(axes, run.marks, unit_s, labelled=axes is busy)
    legend_below(figure, busy)
    return figure
