"""Recovery time after each drift, with what never recovered shown as such."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.contract.amounts import clock
from analysis.figures.marks import describe
from analysis.figures.style import GREY, INK, LineStyle, legend_title, line_styles, panels_across, sheet
from analysis.recovery import WITHIN, recovery_times
from analysis.survival import median, watched
from analysis.sweeps import Group, Subject, Sweep, as_sweep

MOST = 6
ACROSS = 3
NOTE = (
    f"Back within {100 * WITHIN:.0f} points of the gap to the oracle before the first drift, for two windows.\n"
    "Dot: a seed; bar: median; open triangle: not recovered while watched."
)


class Outcome(NamedTuple):
    """One drift in one group: recovery times of its seeds [s], and how long censored seeds were watched.

    `median_s` counts censored seeds as the slowest: infinite where it is one of them.
    """

    recovered_s: list[float]
    censored_s: list[float]
    median_s: float


def draw(subject: Subject) -> Figure | None:
    """Draw how long each setting took after each drift; None without drifts or predictions.

    One group: one panel with a row for each drift. Several: a panel for each drift (the first six), a row a
    group.
    """
    sweep = as_sweep(subject)
    table = {group.label: outcomes(group) for group in sweep.judged}
    drifts = min((len(row) for row in table.values()), default=0)
    if not drifts:
        return None
    return _by_drift(sweep, table) if len(table) == 1 else _by_group(sweep, table, min(MOST, drifts))


def outcomes(group: Group) -> list[Outcome]:
    """Evaluate recovery from every drift of a group over its seeds, in time order of the drifts."""
    seeds = [recovery_times(run.windows, run.marks) for run in group.runs]
    return [_outcome([marks[i] for marks in seeds]) for i in range(min(map(len, seeds)))]


def _outcome(rows: Sequence[dict[str, Any]]) -> Outcome:
    drifts = watched(rows)
    times, back = drifts.time_s, drifts.recovered
    return Outcome(times[back].tolist(), times[~back].tolist(), median(drifts).mean)


def _by_drift(sweep: Sweep, table: dict[str, list[Outcome]]) -> Figure:
    (label, row), marks = next(iter(table.items())), sweep.judged[0].runs[0].marks
    figure, panels = sheet(1.0 + 0.26 * len(row))
    axes, style = panels[0, 0], line_styles(sweep)[label]
    unit_s, unit = _unit(row)
    for place, outcome in enumerate(row):
        _dots(axes, place, outcome, style, unit_s)
    names = [f"{i + 1}. {describe(mark)}" for i, mark in enumerate(marks)]
    _frame(axes, names[: len(row)], f"recovery time from the end of the drift [{unit}]")
    _from_zero(panels)
    figure.suptitle(_wrapped(figure), fontsize=7, x=0.01, ha="left", color=GREY)
    return figure


def _by_group(sweep: Sweep, table: dict[str, list[Outcome]], drifts: int) -> Figure:
    marks, across = sweep.judged[0].runs[0].marks, min(panels_across(ACROSS), drifts)
    rows = -(-drifts // across)
    figure, panels = sheet(0.5 + rows * (0.85 + 0.2 * len(table)), rows=rows, columns=across)
    styles = line_styles(sweep)
    unit_s, unit = _unit([outcome for row in table.values() for outcome in row[:drifts]])
    # What names of settings leave of the width, in letters of about 0.065 in, is shared by the panels.
    letters = max(12, int((figure.get_figwidth() / 0.065 - max(map(len, table))) / across))
    for i, axes in enumerate(panels.flat):
        axes.set_visible(i < drifts)
        if i < drifts:
            for place, (label, row) in enumerate(table.items()):
                _dots(axes, place, row[i], styles[label], unit_s)
            names = list(table) if i % across == 0 else [""] * len(table)
            _frame(axes, names, f"recovery time [{unit}]")
            axes.set_title("\n".join(wrap(f"{i + 1}. {describe(marks[i])}", letters)), fontsize=7.5)
    _from_zero(panels)
    panels[0, 0].set_ylabel(legend_title(sweep) or "")
    figure.suptitle(_wrapped(figure), fontsize=7, x=0.01, ha="left", color=GREY)
    return figure


def _wrapped(figure: Figure) -> str:
    """Return the note in lines that fit the figure."""
    letters = int(figure.get_figwidth() * 17)
    return "\n".join(line for part in NOTE.split("\n") for line in wrap(part, letters))


def _unit(found: Sequence[Outcome]) -> tuple[float, str]:
    return clock(max((time for outcome in found for time in (*outcome.recovered_s, *outcome.censored_s)), default=0))


def _dots(axes: Axes, place: int, outcome: Outcome, style: LineStyle, unit_s: float) -> None:
    back = [time / unit_s for time in outcome.recovered_s]
    never = [time / unit_s for time in outcome.censored_s]
    axes.plot(back, [place] * len(back), "o", color=style.colour, alpha=0.75, markeredgewidth=0)
    if math.isfinite(outcome.median_s):
        middle = outcome.median_s / unit_s
        axes.plot([middle, middle], [place - 0.32, place + 0.32], color=INK, linewidth=1.6)
    if never:
        axes.plot(never, [place] * len(never), ">", color=style.colour, markerfacecolor="white")
        share = f"{len(never)}/{len(back) + len(never)}"
        axes.annotate(share, (max(never), place), (6, 0), textcoords="offset points", va="center", fontsize=6.5)


def _frame(axes: Axes, names: Sequence[str], label: str) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=True)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.14)
    axes.set_xlabel(label)


def _from_zero(panels: NDArray) -> None:
    """Let axes begin at zero, once all is drawn: those of a column are one, and its limits are those of all panels."""
    for axes in panels[0]:
        axes.set_xlim(left=-0.03 * axes.get_xlim()[1])
