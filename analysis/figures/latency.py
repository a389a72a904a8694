"""Where the time of an exchange goes, and how it spreads."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.figures.regret import COLOURS as PHASE_COLOURS
from analysis.figures.style import INK, key_below, legend_title, line_styles, log_axis, panels_across, sheet
from analysis.latency import STAGES, Delays, delays
from analysis.sweeps import Subject, Sweep, as_sweep

PHASES = ("labels", "uplink", "cloud_queue", "service", "downlink", "undetected")
POINTS = 400


def draw(subject: Subject) -> Figure | None:
    """Draw the mean time per stage and the distribution of the whole; None where nothing was installed."""
    sweep = as_sweep(subject)
    found = {group.label: delays(group.runs) for group in sweep.groups}
    found = {label: delay for label, delay in found.items() if len(delay.stages_s)}
    if not found:
        return None
    across = panels_across(2)
    height_in = max(2.4, 1.5 + 0.24 * len(found)) + (0.04 * len(found) if len(found) > 1 else 0.0)
    figure, panels = sheet(height_in * 2 / across, rows=2 // across, columns=across, shared=False)
    stages, spread = panels.flat
    _stages(stages, sweep, found)
    _spread(spread, sweep, found)
    lines = spread.get_legend_handles_labels()[0] if len(found) > 1 else []
    handles: list[Artist] = [
        *lines,
        *(Patch(label=stage, **_face(phase)) for stage, phase in zip(STAGES, PHASES, strict=True)),
    ]
    columns = 4 if lines else len(STAGES)
    key_below(figure, handles, [str(handle.get_label()) for handle in handles], columns=columns)
    return figure


def _stages(axes: Axes, sweep: Sweep, found: dict[str, Delays]) -> None:
    for row, delay in enumerate(found.values()):
        left = 0.0
        for mean_s, phase in zip(delay.mean_s, PHASES, strict=True):
            axes.barh(row, mean_s, left=left, height=0.72, **_face(phase))
            left += mean_s
    axes.set_yticks(range(len(found)), list(found))
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    margin = 1.0 if len(found) == 1 else 0.6
    axes.set_ylim(len(found) - 1 + margin, -margin)
    axes.set_ylabel(legend_title(sweep) or "")
    axes.set_xlabel("mean time of an installed exchange [s]")


def _spread(axes: Axes, sweep: Sweep, found: dict[str, Delays]) -> None:
    styles = line_styles(sweep)
    shares = np.linspace(0, 1, POINTS)
    spread = {label: np.quantile(delay.total_s, shares) for label, delay in found.items()}
    for label, total_s in spread.items():
        axes.plot(total_s, 100 * shares, color=styles[label].colour, linestyle=styles[label].dash, label=label)
    middles = [float(np.median(total_s)) for total_s in spread.values()]
    longest = max(float(total_s[-1]) for total_s in spread.values())
    if min(middles) > 0 and longest > 40 * min(middles):
        log_axis(axes, min(middles) / 20, 1.3 * longest)
    else:
        axes.set_xlim(0, longest or 1.0)
    axes.set_ylim(0, 101)
    axes.set_xlabel("request to install [s]")
    axes.set_ylabel("exchanges at most\nthat slow [%]")


def _face(phase: str) -> dict[str, Any]:
    return {"facecolor": PHASE_COLOURS[phase], "edgecolor": INK, "linewidth": 0.4}
