"""Where accuracy went: the drifts with what each cost, and regret by phase."""

from __future__ import annotations

import math
import statistics
from typing import Any

from agents.contract.amounts import clock
from analysis.compare import with_interval
from analysis.figures.marks import describe
from analysis.figures.regret import LEAST
from analysis.html import Markup, table
from analysis.metrics import Metric
from analysis.recovery import WITHIN, recovery_times
from analysis.regret import MEANINGS, account, regret_intervals
from analysis.statistics import Interval, student_interval
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
    """Return the account in points of accuracy; the parts of a setting sum to oracle - deployed."""
    found = [(group, regret_intervals(group.runs)) for group in sweep.judged]
    known = [(group, parts) for group, parts in found if parts is not None]
    if not known:
        return None
    shown = [part for part in MEANINGS if any(_counts(parts.get(part)) for _, parts in known)]
    cells = [[_shown(parts.get(part)) for part in shown] + [_total(group)] for group, parts in known]
    names = [part.replace("_", " ") for part in shown]
    if len(known) == 1:
        titles = [f"{name} ({MEANINGS[part]})" for name, part in zip(names, shown, strict=True)]
        return table(["part", "points"], list(zip([*titles, TOTAL], cells[0], strict=True)), _account_note(sweep))
    rows = [[group.label, *row] for (group, _), row in zip(known, cells, strict=True)]
    return table(["setting", *names, TOTAL], rows, _account_note(sweep))


def _counts(part: Interval | None) -> bool:
    return part is not None and abs(part.mean) >= LEAST


def _shown(part: Interval | None) -> str:
    return "-" if part is None else with_interval(POINTS, part)


def _account_note(sweep: Sweep) -> str:
    """Say what the account is, and that it is no cause."""
    ways = {found.by_age for group in sweep.judged for run in group.runs if (found := account(run)) is not None}
    phases = "by what the device was waiting for since its latest drift, less what the method lacks after an install"
    ages = "by the age of the model, beyond what a fresh one loses, split as the age is split into waits"
    how = " or ".join(words for by_age, words in ((False, phases), (True, ages)) if by_age in ways)
    return (
        f"Points of accuracy lost to the oracle, {how}. An account, not a cause: 'explain' removes factors one by one."
    )


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
