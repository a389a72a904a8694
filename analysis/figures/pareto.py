"""Bytes against accuracy: which settings are worth their traffic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agents.contract.amounts import byte_unit
from analysis.figures.style import (
    GREY,
    INK,
    LineStyle,
    legend_below,
    legend_title,
    line_styles,
    panels_across,
    sheet,
)
from analysis.pareto_front import Point, by_link, front, origin_of, point_of
from analysis.statistics import Interval
from analysis.sweeps import Subject, as_sweep

ACROSS = 3
STATIC = LineStyle(GREY, "-", "*")


def draw(subject: Subject) -> Figure | None:
    """Draw one point a group, with 95 % bars over seeds, and a front for each link; None for fewer than two groups."""
    sweep = as_sweep(subject)
    links = by_link(sweep)
    points = {link: [point_of(group) for group in groups] for link, groups in links.items()}
    every = [point for found in points.values() for point in found]
    if len(every) < 2 or not any(point.cost.mean > 0 for point in every):
        return None
    across = min(panels_across(ACROSS), len(points))
    rows = -(-len(points) // across)
    figure, panels = sheet(0.9 + 2.3 * rows + 0.16 * (len(every) // 4), rows=rows, columns=across)
    unit = byte_unit(max(point.cost.mean for point in every))
    styles = line_styles(sweep) | {"static": STATIC}
    for place, axes in enumerate(panels.flat):
        axes.set_visible(place < len(points))
    for axes, (link, found) in zip(panels.flat, points.items(), strict=False):
        origin = origin_of(links[link])
        _panel(axes, [*found, *([origin] if origin else [])], styles, unit)
        axes.set_title(link if len(points) > 1 else "")
    # Only now: panels of a column share their axis, and a limit that the first one set would hide what is beyond.
    for axes in panels[0]:
        axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    panels[0, 0].set_ylabel("accuracy [%]")
    for axes in panels.ravel()[len(points) - across : len(points)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(f"per device, up and down [{unit[1]}]")
    legend_below(figure, panels.ravel()[: len(points)], legend_title(sweep))
    return figure


def _panel(axes: Axes, points: Sequence[Point], styles: dict[str, LineStyle], unit: tuple[float, str]) -> None:
    divisor, best = unit[0], front(points)
    for point in points:
        style = styles[point.label]
        face = style.colour if point in best else "white"
        axes.errorbar(point.cost.mean / divisor, 100 * point.gain.mean, xerr=_bar(point.cost, 1 / divisor),
                      yerr=_bar(point.gain, 100), fmt=style.marker, color=style.colour, markersize=6, capsize=2,
                      markerfacecolor=face, elinewidth=0.9, zorder=3)  # fmt: skip
        # The bars would cover the shape of the marker in the legend.
        axes.plot([], [], style.marker, color=style.colour, markersize=6, label=point.label)
    x = [point.cost.mean / divisor for point in best]
    y = [100 * point.gain.mean for point in best]
    axes.plot(x, y, color=INK, linewidth=0.8, drawstyle="steps-post", zorder=1)
    axes.margins(0.08)


def _bar(interval: Interval, scale: float) -> float | None:
    return None if math.isnan(interval.half) else scale * interval.half
