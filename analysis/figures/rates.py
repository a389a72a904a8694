"""The rates of a link over time as areas, with room for lanes below zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.figures.style import COLOURS, INK

COLOUR = dict(zip(("up", "down"), COLOURS, strict=False))
BITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
POINTS = 400
# Where one direction is so much faster than the other, a common scale would show a line on the ground.
APART = 5.0


def draw_rates(axes: Axes, rates: pd.DataFrame, span_s: tuple[float, float], unit_s: float, floor: float) -> None:
    """Draw the rates of one link (columns `t_s direction bps`) within a span, and label the vertical axis.

    Rates are drawn as shares of the largest, so that all that is drawn from 0 down to `floor` looks alike in
    all panels. Directions whose maxima are far apart get a scale each, left and right. Bins are averaged to at
    most 400.
    """
    curves = {str(direction): _curve(rows, span_s) for direction, rows in rates.groupby("direction", sort=False)}
    tops = _tops({direction: float(bps.max(initial=0.0)) for direction, (_, bps) in curves.items()})
    for direction, (edges_s, bps) in curves.items():
        style: dict[str, Any] = {"color": COLOUR[direction], "zorder": 1.5}
        axes.stairs(bps / tops[direction], edges_s / unit_s, fill=True, alpha=0.22, linewidth=0, **style)
        axes.stairs(bps / tops[direction], edges_s / unit_s, linewidth=0.7, baseline=None, **style)
    axes.set_xlim(span_s[0] / unit_s, span_s[1] / unit_s)
    axes.axhline(0, color=INK, linewidth=0.7)
    if len(set(tops.values())) <= 1:
        _label(axes, "rate", next(iter(tops.values())), floor)
        return
    right = axes.twinx()
    right.grid(False)
    right.spines["right"].set_visible(True)
    for side, direction in ((axes, "up"), (right, "down")):
        _label(side, f"rate {direction}", tops[direction], floor, COLOUR[direction])


def _curve(rows: pd.DataFrame, span_s: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return edges [s] and mean rates [bit/s] of the bins that touch a span, joined where they are too many."""
    starts_s, bps = rows["t_s"].to_numpy(float), rows["bps"].to_numpy(float)
    width_s = float(np.diff(starts_s).mean()) if len(starts_s) > 1 else span_s[1] - starts_s[0]
    seen = (starts_s + width_s > span_s[0]) & (starts_s < span_s[1])
    starts_s, bps = starts_s[seen], bps[seen]
    firsts = np.arange(0, len(bps), max(1, -(-len(bps) // POINTS)))
    counts = np.diff(firsts, append=len(bps))
    return np.append(starts_s[firsts], starts_s[-1] + width_s), np.add.reduceat(bps, firsts) / counts


def _tops(found: dict[str, float]) -> dict[str, float]:
    """Return what is full height for each direction: one value for all, unless they are far apart."""
    largest = max([*found.values(), 1.0])
    slow = [top for top in found.values() if 0 < APART * top < largest]
    return found if slow else dict.fromkeys(found, largest)


def _label(axes: Axes, words: str, top: float, floor: float, colour: str = INK) -> None:
    """Number the part above zero in bits per second; below zero there are lanes, not rates."""
    divisor, unit = next((each for each in BITS if top >= each[0]), BITS[-1])
    ticks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top / divisor)
    ticks = [tick for tick in ticks if 0 <= tick <= 1.02 * top / divisor]
    axes.set_yticks([tick * divisor / top for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.set_ylim(floor - 0.02, 1.04)
    axes.set_ylabel(f"{words} [{unit}]", color=colour)
