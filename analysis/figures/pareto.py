"""Bytes against accuracy: which settings are worth their traffic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.style import GREY, INK, byte_unit, legend_below, legend_title, line_styles, sheet
from analysis.metrics import bytes_per_device, measure
from analysis.statistics import Interval, student_interval
from analysis.sweeps import Group, Subject, as_sweep


class Point(NamedTuple):
    """Where a group stands: bytes per device (both ways) and accuracy."""

    label: str
    cost: Interval
    gain: Interval


def draw(subject: Subject) -> Figure | None:
    """Draw one point a group, with 95 % bars over seeds, and the frontier; None for fewer than two groups."""
    sweep = as_sweep(subject)
    points = [point_of(group) for group in sweep.judged] if len(sweep.judged) > 1 else []
    if not any(point.cost.mean > 0 for point in points):
        return None
    divisor, unit = byte_unit(max(point.cost.mean for point in points))
    figure, panels = sheet(3.2 + 0.16 * (len(points) // 4))
    axes, styles = panels[0, 0], line_styles(sweep)
    for point in points:
        style = styles[point.label]
        axes.errorbar(point.cost.mean / divisor, 100 * point.gain.mean, xerr=_bar(point.cost, 1 / divisor),
                      yerr=_bar(point.gain, 100), fmt=style.marker, color=style.colour, markersize=6, capsize=2,
                      elinewidth=0.9, label=point.label, zorder=3)  # fmt: skip
    _frontier(axes, points, divisor)
    axes.set_xlabel(f"bytes per device, up and down, whole run [{unit}]")
    axes.set_ylabel("accuracy over the whole run [%]")
    axes.margins(0.06)
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    legend_below(figure, axes, legend_title(sweep))
    return figure


def point_of(group: Group) -> Point:
    """Measure where a group stands; the intervals are Student's over its seeds."""
    cost = student_interval([bytes_per_device(run, "up_bytes", "down_bytes") for run in group.runs])
    gain = student_interval([measure(run, ["accuracy"])["accuracy"] for run in group.runs])
    return Point(group.label, cost, gain)


def frontier(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other beats: every cheaper one is less accurate. In order of cost."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cost.mean, -point.gain.mean)):
        if not best or point.gain.mean > best[-1].gain.mean:
            best.append(point)
    return best


def _frontier(axes: Axes, points: Sequence[Point], divisor: float) -> None:
    best = frontier(points)
    x = [point.cost.mean / divisor for point in best]
    y = [100 * point.gain.mean for point in best]
    axes.plot(x, y, color=GREY, linewidth=1.0, drawstyle="steps-post", label="frontier", zorder=1)
    axes.plot(x, y, "o", markersize=10, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=0.6, zorder=2)


def _bar(interval: Interval, scale: float) -> float | None:
    return None if math.isnan(interval.half) else scale * interval.half
