"""Where accuracy was lost: from the oracle's accuracy down to the deployed one, wait by wait."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.figures.style import INK, PALE, key_below, legend_title, panels_across, sheet
from analysis.regret import MEANINGS, regret_intervals
from analysis.sweeps import Subject, Sweep, as_sweep
from analysis.windows import accuracy

COLOURS = {
    "undetected": "#999999",
    "labels": "#F0E442",
    "uplink": "#0072B2",
    "cloud_queue": "#E69F00",
    "service": "#D55E00",
    "downlink": "#56B4E9",
    "lost": "#222222",
    "between": "#BBBBBB",
    "straddling": "#009E73",
    "learning": "#A6761D",
    "residual": "#CC79A7",
    "ahead": "#FFFFFF",
}
HATCHES = {
    "labels": "....",
    "cloud_queue": "////",
    "downlink": "\\\\\\\\",
    "straddling": "----",
    "residual": "xxx",
    "ahead": "ooo",
}
#: Less than a thousandth of a point is not drawn.
LEAST = 1e-5


def draw(subject: Subject) -> Figure | None:
    """Draw a waterfall for one group, stacked bars for several; None without an oracle or predictions."""
    sweep = as_sweep(subject)
    losses = {group.label: regret_intervals(group.runs) for group in sweep.judged}
    points = {
        label: {part: 100 * interval.mean for part, interval in loss.items() if abs(interval.mean) >= LEAST}
        for label, loss in losses.items()
        if loss is not None
    }
    if not points:
        return None
    with mpl.rc_context({"hatch.linewidth": 0.4}):
        return _waterfall(sweep, next(iter(points.values()))) if len(points) == 1 else _stack(sweep, points)


def _waterfall(sweep: Sweep, points: dict[str, float]) -> Figure:
    group = sweep.judged[0]
    tops = [accuracy(run, "oracle") or 0.0 for run in group.runs]
    level = top = 100 * sum(tops) / len(tops)
    figure, panels = sheet(1.0 + 0.22 * (len(points) + 2))
    axes = panels[0, 0]
    axes.barh(0, top, color=PALE, edgecolor=INK, linewidth=0.5)
    edges = [top]
    for row, (part, lost) in enumerate(points.items(), start=1):
        axes.barh(row, abs(lost), left=min(level, level - lost), **_face(part))
        axes.plot([level, level], [row - 1, row], color=INK, linewidth=0.6)
        level -= lost
        edges.append(level)
    axes.plot([level, level], [len(points), len(points) + 1], color=INK, linewidth=0.6)
    axes.barh(len(points) + 1, level, color=PALE, edgecolor=INK, linewidth=0.5)
    _write_rows(axes, top, level, points)
    low, high = min(edges), max(edges)
    margin = max(1.0, 0.12 * (high - low))
    axes.set_xlim(max(0.0, low - margin), high + 1.2 * margin)
    axes.set_xlabel(f"accuracy [%];{' ' if _is_wide() else chr(10)}bars: points lost while waiting")
    return figure


def _named(part: str) -> str:
    """Return the name of a part, and where there is space what it means; the table beside it says that, too."""
    name = part.replace("_", " ")
    return f"{name} ({MEANINGS[part]})" if _is_wide() else name


def _is_wide() -> bool:
    return panels_across(2) > 1


def _write_rows(axes: Axes, top: float, bottom: float, points: dict[str, float]) -> None:
    names = ["oracle", *(_named(part) for part in points), "deployed"]
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.invert_yaxis()
    level = top
    axes.annotate(f"{top:.2f}", (top, 0), (5, 0), textcoords="offset points", va="center", fontsize=7.5)
    for row, lost in enumerate(points.values(), start=1):
        right = max(level, level - lost)
        level -= lost
        axes.annotate(f"{-lost:+.2f}", (right, row), (5, 0), textcoords="offset points", va="center", fontsize=7.5)
    place = (bottom, len(points) + 1)
    axes.annotate(f"{bottom:.2f}", place, (5, 0), textcoords="offset points", va="center", fontsize=7.5)


def _stack(sweep: Sweep, points: dict[str, dict[str, float]]) -> Figure:
    """Stack gains to the left of zero and losses to the right; the diamond is their sum."""
    figure, panels = sheet(1.6 + 0.27 * len(points))
    axes = panels[0, 0]
    for row, parts in enumerate(points.values()):
        ends = {True: 0.0, False: 0.0}
        for part, lost in parts.items():
            axes.barh(row, lost, left=ends[lost >= 0], height=0.72, **_face(part))
            ends[lost >= 0] += lost
        axes.plot(sum(parts.values()), row, "D", color="white", markeredgecolor=INK, markersize=5, zorder=4)
    axes.axvline(0, color=INK, linewidth=0.8)
    furthest = [sum(abs(part) for part in parts.values()) for parts in points.values()]
    least = min(sum(min(part, 0.0) for part in parts.values()) for parts in points.values())
    axes.set_xlim(1.04 * least, 1.04 * max(furthest) or 1.0)
    axes.set_yticks(range(len(points)), list(points))
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.invert_yaxis()
    axes.set_ylabel(legend_title(sweep) or "")
    axes.set_xlabel(f"points lost to the oracle;{' ' if _is_wide() else chr(10)}diamond: net")
    shown = [part for part in MEANINGS if any(part in parts for parts in points.values())]
    handles = [Patch(label=f"{part.replace('_', ' ')}: {MEANINGS[part]}", **_face(part)) for part in shown]
    key_below(figure, handles, [str(handle.get_label()) for handle in handles], columns=2)
    return figure


def _face(phase: str) -> dict[str, Any]:
    return {
        "facecolor": COLOURS[phase],
        "hatch": HATCHES.get(phase),
        "edgecolor": INK,
        "linewidth": 0.5,
    }
