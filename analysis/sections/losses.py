"""Where accuracy went: the drifts with what each cost, and regret by phase."""

from __future__ import annotations

import math
import statistics
from typing import Any

from analysis.compare import with_interval
from analysis.figures.marks import describe
from analysis.figures.style import clock
from analysis.html import Markup, table
from analysis.metrics import Metric
from analysis.recovery import WITHIN, recovery_times
from analysis.regret import MEANINGS, regret_intervals
from analysis.runs import PHASES
from analysis.statistics import student_interval
from analysis.survival import median, watched
from analysis.sweeps import Group, Sweep

TOTAL = "oracle - deployed"
NOTE = (
    "Fall: largest loss beyond the gap to the oracle before the first drift. Recovery: median time from the "
    f"end of the drift until back within {100 * WITHIN:.0f} points of that gap for two windows; 0 where it never left."
)
POINTS = Metric("points", "%", 100, 2, -1, lambda run: None)
FALL = POINTS._replace(digits=1)


def drifts(sweep: Sweep) -> Markup | None:
    """Return for each drift the depth of the fall in accuracy and the recovery time."""
    marks = sweep.marks
    if not marks or not sweep.judged or any(run.marks != marks for group in sweep.judged for run in group.runs):
        return None
    unit_s, unit = clock(sweep.duration_s)
    names = [f"{number}. {describe(mark)}" for number, mark in enumerate(marks, start=1)]
    times = [f"{float(mark['at_s']) / unit_s:g}" for mark in marks]
    verdicts = {group.label: _verdicts(group) for group in sweep.judged}
    if len(verdicts) == 1:
        columns = zip(names, times, next(iter(verdicts.values())), strict=True)
        rows = [[name, at, *verdict] for name, at, verdict in columns]
        return table(["drift", f"at [{unit}]", "fall [points]", "recovery [s]", "not recovered"], rows, NOTE)
    head = ["setting", *(f"{name}, {at} {unit}" for name, at in zip(names, times, strict=True))]
    rows = [[label, *(_in_one_cell(verdict) for verdict in row)] for label, row in verdicts.items()]
    return table(head, rows, f"Fall in points, recovery time in seconds, seeds not recovered. {NOTE}")


def phases(sweep: Sweep) -> Markup | None:
    """Return regret by phase in points of accuracy; the phases of a setting sum to oracle - deployed."""
    parts = [(group, regret_intervals(group.runs)) for group in sweep.judged]
    known = [(group, part) for group, part in parts if part is not None]
    if not known:
        return None
    note = "Points of accuracy lost to the oracle while the device was in each phase of its latest drift."
    cells = [[*(with_interval(POINTS, part[phase]) for phase in PHASES), _total(group)] for group, part in known]
    names = [phase.replace("_", " ") for phase in PHASES]
    if len(known) == 1:
        titles = [f"{name} ({MEANINGS[phase]})" for name, phase in zip(names, PHASES, strict=True)]
        return table(["phase", "points"], list(zip([*titles, TOTAL], cells[0], strict=True)), note)
    rows = [[group.label, *row] for (group, _), row in zip(known, cells, strict=True)]
    return table(["setting", *names, TOTAL], rows, note)


def _total(group: Group) -> str:
    gaps = []
    for run in group.runs:
        sums = run.windows[["samples", "correct", "correct_oracle"]].sum()
        gaps.append(int(sums["correct_oracle"] - sums["correct"]) / int(sums["samples"]))
    return with_interval(POINTS, student_interval(gaps))


def _verdicts(group: Group) -> list[list[str]]:
    seeds = [recovery_times(run.windows, run.marks) for run in group.runs]
    return [_verdict(list(rows)) for rows in zip(*seeds, strict=True)]


def _verdict(rows: list[dict[str, Any]]) -> list[str]:
    """Sum up one drift over the seeds of a setting; a censored seed counts as slower than any other."""
    drifts = watched(rows)
    dips = [row["dip"] for row in rows if row["dip"] is not None]
    fall = FALL.show(statistics.fmean(dips) if dips else None)
    if not len(drifts.time_s):
        return [fall, "not watched", "-"]
    middle = median(drifts)
    shown = f"> {middle.low:g}" if math.isinf(middle.mean) else f"{middle.mean:g}"
    return [fall, shown, f"{drifts.censored} of {len(drifts.time_s)}"]


def _in_one_cell(verdict: list[str]) -> str:
    fall, back, censored = verdict
    return f"{fall}, {back}, {censored}"
