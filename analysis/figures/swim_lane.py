"""One device over time: concept, requests with their stages, samples right and wrong, phase, and age of its model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from agents.contract.amounts import clock, time_in_words
from analysis.figures.regret import COLOURS, HATCHES
from analysis.figures.style import GREY, INK, PALE, sheet
from analysis.timeline import STAGES, Timeline

RIGHT, WRONG = "#0072B2", "#D55E00"
LANES = ("concept", "requests", "right\nwrong", "waiting for")
#: A stage that takes a smaller part of the span cannot be seen.
VISIBLE = 0.001


def draw(shown: Timeline, title: str = "") -> Figure:
    """Draw the lanes of one device over its span."""
    figure, panels = sheet(3.5, rows=2)
    axes, below = panels[:, 0]
    axes.get_gridspec().set_height_ratios([3, 1])
    unit_s, unit = clock(shown.until_s)
    _lanes(axes, shown, unit_s)
    _age(below, shown, unit_s)
    below.set_xlim(shown.after_s / unit_s, shown.until_s / unit_s)
    below.set_xlabel(f"virtual time [{unit}]")
    right = int(shown.samples["correct"].sum())
    heading = title or f"device {shown.device} ({shown.cohort})"
    axes.set_title(f"{heading}: {right} of {len(shown.samples)} samples right", fontsize=8)
    _legend(figure, shown)
    return figure


def _lanes(axes: Axes, shown: Timeline, unit_s: float) -> None:
    _concepts(axes, shown, unit_s)
    _requests(axes, shown, unit_s)
    _outcomes(axes, shown, unit_s)
    _phases(axes, shown, unit_s)
    axes.set_yticks(range(len(LANES)), LANES)
    axes.set_ylim(len(LANES) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=False)
    axes.grid(False, axis="y")


def _concepts(axes: Axes, shown: Timeline, unit_s: float) -> None:
    """Draw one box a span; concepts that mix share one, the older first."""
    spans = shown.concepts.groupby(["from_s", "until_s"], sort=True)["name"].apply(list)
    for place, ((from_s, until_s), names) in enumerate(spans.items()):
        low, high = max(from_s, shown.after_s), min(until_s, shown.until_s)
        face = PALE if place % 2 else "white"
        axes.barh(0, (high - low) / unit_s, left=low / unit_s, height=0.6, facecolor=face, edgecolor=GREY)
        words = " to ".join(map(str, names))
        if high - low > 0.009 * len(words) * (shown.until_s - shown.after_s):
            axes.annotate(words, ((low + high) / 2 / unit_s, 0), ha="center", va="center", fontsize=6.5)


def _requests(axes: Axes, shown: Timeline, unit_s: float) -> None:
    """Draw the stages of each request; a cross where one died, a bar at the install."""
    for _, row in shown.exchanges.iterrows():
        reached = row["requested_s"]
        for stage, begin, end in STAGES:
            low, high = row[begin], row[end]
            if np.isnan(low):
                break
            high = shown.until_s if np.isnan(high) and row["outcome"] == "in_flight" else high
            if np.isnan(high):
                break
            reached = high
            if high > low:
                axes.barh(1, (high - low) / unit_s, left=low / unit_s, height=0.5, facecolor=COLOURS[stage],
                          hatch=HATCHES.get(stage), edgecolor=INK, linewidth=0.4)  # fmt: skip
        if row["outcome"] == "installed":
            axes.plot([row["installed_s"] / unit_s] * 2, [0.68, 1.32], color=INK, linewidth=1.6)
        elif row["outcome"] != "in_flight":
            axes.plot(reached / unit_s, 1, "x", color=INK, markersize=5)


def _outcomes(axes: Axes, shown: Timeline, unit_s: float) -> None:
    times, correct = (shown.samples[name].to_numpy() for name in ("time_s", "correct"))
    for hit, colour, low, high in ((True, RIGHT, 1.7, 2.0), (False, WRONG, 2.0, 2.3)):
        axes.vlines(times[correct == hit] / unit_s, low, high, color=colour, linewidth=0.8)


def _phases(axes: Axes, shown: Timeline, unit_s: float) -> None:
    """Draw what was waited for, from sample to sample."""
    times, phases = shown.samples["time_s"].to_numpy(float), shown.samples["phase"].to_numpy(object)
    changes = np.ones(len(phases), bool)
    changes[1:] = phases[1:] != phases[:-1]
    starts = np.flatnonzero(changes)
    ends = np.append(times[starts[1:]], shown.until_s)[: len(starts)]
    for start, end in zip(starts, ends, strict=True):
        phase, low = str(phases[start]), times[start]
        axes.barh(3, (end - low) / unit_s, left=low / unit_s, height=0.6, facecolor=COLOURS[phase],
                  hatch=HATCHES.get(phase), edgecolor=INK, linewidth=0.3)  # fmt: skip


def _age(axes: Axes, shown: Timeline, unit_s: float) -> None:
    own_s, own = clock(float(shown.samples["age_s"].max()) if len(shown.samples) else 1.0)
    axes.plot(shown.samples["time_s"] / unit_s, shown.samples["age_s"] / own_s, color=INK, linewidth=1.0)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"age of\nmodel [{own}]")


def _legend(figure: Figure, shown: Timeline) -> None:
    rows = shown.exchanges
    stages = [stage for stage, begin, end in STAGES if (rows[end] - rows[begin]).max() > VISIBLE * _span_s(shown)]
    phases = [str(phase) for phase in dict.fromkeys(shown.samples["phase"])]
    names: Sequence[str] = list(dict.fromkeys([*stages, *phases]))
    handles = [
        Patch(facecolor=COLOURS[name], hatch=HATCHES.get(name), edgecolor=INK, linewidth=0.4,
              label=name.replace("_", " "))
        for name in names
    ]  # fmt: skip
    handles += [Patch(color=RIGHT, label="right"), Patch(color=WRONG, label="wrong")]
    figure.legend(handles=handles, loc="outside lower center", ncols=6)


def _span_s(shown: Timeline) -> float:
    return shown.until_s - shown.after_s


def describe_timeline(shown: Timeline) -> str:
    """Say in words what a figure of a device shows, for who cannot see it."""
    count, right = len(shown.samples), int(shown.samples["correct"].sum())
    ends = shown.exchanges["outcome"].value_counts()
    asked = ", ".join(f"{ends[name]} {name.replace('_', ' ')}" for name in ends.index) or "none"
    span = f"{time_in_words(shown.after_s)} to {time_in_words(shown.until_s)}"
    who = f"Device {shown.device} of cohort {shown.cohort}"
    return f"{who} from {span}: {right} of {count} samples right; requests: {asked}."
