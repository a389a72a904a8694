"""What a link could carry, and the messages that crossed it: rate against time, whole run and close-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from agents.contract.amounts import clock
from analysis.figures.rates import COLOUR, draw_rates
from analysis.figures.style import GREY, INK, PAGE_IN, STEPS, step_between, time_axis
from analysis.runs import Run
from analysis.sweeps import Subject, as_sweep
from analysis.transfers import DIRECTIONS, Transfers, first_instance, joined, rows_of, transfers, users

MOST_LINKS = 2
MOST_ROWS = 8
LANE = 0.085
HATCH = {"up": "", "down": "////"}
MEANING = {"up": "uploads, from sent to reached", "down": "downloads, from served to returned"}


def draw(subject: Subject) -> Figure | None:
    """Draw the rate of instance 0 of the busiest links that vary; None for several runs or constant rates.

    Above, the whole run with a strip that says when anything was under way; below, the time around the
    transfer that took longest, each message as a bar.
    """
    sweep = as_sweep(subject)
    names = _busiest(sweep.runs[0]) if len(sweep.runs) == 1 else []
    if not names:
        return None
    run = sweep.runs[0]
    figure = Figure(figsize=(PAGE_IN, 0.6 + 3.6 * len(names)), layout="constrained")
    panels = figure.subplots(2 * len(names), 1, squeeze=False)[:, 0]
    for place, name in enumerate(names):
        _link(panels[2 * place], panels[2 * place + 1], run, name)
    figure.align_ylabels(list(panels))
    handles = _legend(run)
    figure.legend(handles=handles, loc="outside lower center", ncols=2 if len(handles) == 4 else len(handles))
    return figure


def _busiest(run: Run) -> list[str]:
    """Name the links whose rates were written and that moved something, the most used first."""
    counts = {
        str(name): sum(len(transfers(run, str(name), direction).begin_s) for direction in DIRECTIONS)
        for name in run.rates["link"].unique()
    }
    used = [name for name, count in counts.items() if count]
    return sorted(used, key=lambda name: -counts[name])[:MOST_LINKS]


def _link(whole: Axes, near: Axes, run: Run, name: str) -> None:
    moved = {direction: transfers(run, name, direction) for direction in DIRECTIONS}
    rates = run.rates[run.rates["link"] == name]
    span_s = _around_the_longest(moved, run.played_s)
    unit_s = time_axis(whole, run.played_s)
    draw_rates(whole, rates, (0.0, run.played_s), unit_s, -2 * LANE)
    for lane_row, (direction, crossing) in enumerate(moved.items()):
        spans = [(begin / unit_s, length / unit_s) for begin, length in joined(crossing, run.played_s / 2000)]
        _bars(whole, spans, -(lane_row + 1) * LANE, LANE, direction, outlined=False)
    whole.axvspan(span_s[0] / unit_s, span_s[1] / unit_s, color=GREY, alpha=0.2, linewidth=0, zorder=0.5)
    whole.set_title(f"{name}: {_whose(run, name)}; shaded: the time below")
    _near(near, run, rates, moved, span_s)


def _near(axes: Axes, run: Run, rates: pd.DataFrame, moved: dict[str, Transfers], span_s: tuple[float, float]) -> None:
    """Draw the rate within a span, and below it every message in a row of its own where they overlap."""
    seen = {direction: _within(crossing, span_s) for direction, crossing in moved.items()}
    rows = {direction: rows_of(crossing) for direction, crossing in seen.items()}
    depths = {direction: min(int(found.max(initial=0)) + 1, MOST_ROWS) for direction, found in rows.items()}
    lane_row = min(LANE, 4 * LANE / sum(depths.values()))
    width_s = span_s[1] - span_s[0]
    unit_s, unit = clock(run.played_s) if width_s > 300 else (1.0, "s")
    draw_rates(axes, rates, span_s, unit_s, -lane_row * sum(depths.values()))
    above = 0
    for direction, crossing in seen.items():
        for row in range(depths[direction]):
            mine = rows[direction] == row
            spans = list(zip(crossing.begin_s[mine] / unit_s, crossing.lasted_s[mine] / unit_s, strict=True))
            _bars(axes, spans, -(above + row + 1) * lane_row, lane_row, direction, outlined=True)
        above += depths[direction]
    _note_hidden(axes, sum(int((found >= MOST_ROWS).sum()) for found in rows.values()))
    axes.xaxis.set_major_locator(MultipleLocator(step_between(width_s / unit_s, STEPS[unit])))
    axes.set_xlabel(f"virtual time [{unit}]")


def _note_hidden(axes: Axes, hidden: int) -> None:
    """Return how many messages found no row."""
    if hidden:
        words = f"{hidden:,} more messages, not drawn where over {MOST_ROWS} cross at once"
        axes.annotate(
            words, (1.0, 1.0), (0, 2.0), xycoords="axes fraction", textcoords="offset points",
            fontsize=7.0, ha="right", va="bottom",
        )  # fmt: skip


def _bars(
    axes: Axes, spans: list[tuple[float, float]], bottom: float, height: float, direction: str, outlined: bool
) -> None:
    # Dark outlines and hatches would blacken the hair-thin bars of a whole run; without any they would vanish.
    style: dict[str, Any] = (
        {"edgecolor": INK, "hatch": HATCH[direction]} if outlined else {"edgecolor": COLOUR[direction]}
    )
    low, tall = bottom + 0.12 * height, 0.76 * height
    axes.broken_barh(spans, (low, tall), facecolor=COLOUR[direction], linewidth=0.3, **style)


def _around_the_longest(moved: dict[str, Transfers], played_s: float) -> tuple[float, float]:
    """Return the span to look at closely: the longest transfer and several usual ones on both sides of it."""
    begin_s, end_s = (
        np.concatenate([getattr(crossing, name) for crossing in moved.values()]) for name in ("begin_s", "end_s")
    )
    lasted_s = end_s - begin_s
    longest = int(np.argmax(lasted_s))
    margin_s = max(0.6 * float(lasted_s[longest]), 6 * float(np.median(lasted_s)), played_s / 200)
    return max(0.0, float(begin_s[longest]) - margin_s), min(played_s, float(end_s[longest]) + margin_s)


def _within(crossing: Transfers, span_s: tuple[float, float]) -> Transfers:
    seen = (crossing.end_s > span_s[0]) & (crossing.begin_s < span_s[1])
    return Transfers(crossing.begin_s[seen], crossing.end_s[seen], crossing.arrived[seen])


def _whose(run: Run, name: str) -> str:
    devices, all_users = first_instance(run, name), users(run, name)
    if len(devices) == len(all_users) > 1:
        return f"shared by {len(devices):,} devices"
    return f"device {devices[0]}" if len(devices) == 1 else f"devices {devices[0]} to {devices[-1]}"


def _legend(run: Run) -> list[Patch]:
    rates = [
        Patch(facecolor=COLOUR[crossing], alpha=0.35, edgecolor=COLOUR[crossing], label=f"rate {crossing}")
        for crossing in DIRECTIONS
        if (run.rates["direction"] == crossing).any()
    ]
    bars = [
        Patch(facecolor=COLOUR[crossing], edgecolor=INK, linewidth=0.4, hatch=HATCH[crossing], label=MEANING[crossing])
        for crossing in DIRECTIONS
    ]
    return [*rates, *bars]
