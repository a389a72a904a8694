"""What adaptation costs on the wire: bytes over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.contract.amounts import byte_unit
from analysis.figures.marks import draw_marks
from analysis.figures.style import COLOURS, DASHES, legend_below, sheet, time_axis
from analysis.runs import Run
from analysis.sweeps import Subject, as_sweep

BINS = 60
POINTS = 600
DIRECTIONS = (("up", "sent_s", "up_bytes"), ("down", "returned_s", "down_bytes"))


def draw(subject: Subject) -> Figure | None:
    """Draw bytes per device and minute, and their running sum; None for several runs or no traffic.

    Uploads count when they are sent, downloads when they have arrived.
    """
    sweep = as_sweep(subject)
    if len(sweep.runs) != 1 or not _moved(sweep.runs[0]):
        return None
    run = sweep.runs[0]
    figure, panels = sheet(3.6, rows=2)
    rate, total = panels[:, 0]
    unit_s = time_axis(total, run.duration_s)
    _rates(rate, run, unit_s)
    _totals(total, run, unit_s)
    draw_marks(rate, run.marks, unit_s)
    draw_marks(total, run.marks, unit_s, labelled=False)
    legend_below(figure, rate)
    return figure


def _moved(run: Run) -> bool:
    return bool(len(run.devices)) and bool(run.exchange_columns("up_bytes", "down_bytes").to_numpy().any())


def _times(run: Run, stamp: str, size: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return when messages went or came [s], in time order, and their bytes."""
    moved = run.exchange_columns(stamp, size).dropna(subset=stamp).sort_values(stamp)
    return moved[stamp].to_numpy(float), moved[size].to_numpy(np.int64)


def _rates(axes: Axes, run: Run, unit_s: float) -> None:
    ticks = max(1, round(run.duration_s / run.tick_s))
    edges_s = np.linspace(0, run.duration_s, min(BINS, ticks) + 1)
    minutes = np.diff(edges_s) / 60
    rates = []
    for _, stamp, size in DIRECTIONS:
        at_s, nbytes = _times(run, stamp, size)
        rates.append(np.histogram(at_s, edges_s, weights=nbytes)[0] / minutes / len(run.devices))
    divisor, unit = byte_unit(max(rate.max() for rate in rates))
    for place, (rate, (name, _, _)) in enumerate(zip(rates, DIRECTIONS, strict=True)):
        axes.stairs(rate / divisor, edges_s / unit_s, color=COLOURS[place], linestyle=DASHES[place],
                    linewidth=1.4, baseline=None, label=f"{name}link")  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"per device\n[{unit}/min]")


def _totals(axes: Axes, run: Run, unit_s: float) -> None:
    """Draw the running sums, read off at enough moments to look like every single step."""
    grid_s = np.linspace(0, run.duration_s, POINTS)
    sums = [_running_sum(run, stamp, size, grid_s) for _, stamp, size in DIRECTIONS]
    divisor, unit = byte_unit(max(float(total[-1]) for total in sums))
    for place, total in enumerate(sums):
        axes.plot(grid_s / unit_s, total / divisor, color=COLOURS[place], linestyle=DASHES[place])
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"fleet, so far\n[{unit}]")


def _running_sum(run: Run, stamp: str, size: str, grid_s: NDArray[np.float64]) -> NDArray[np.int64]:
    at_s, nbytes = _times(run, stamp, size)
    return np.concatenate(([0], np.cumsum(nbytes)))[np.searchsorted(at_s, grid_s, side="right")]
