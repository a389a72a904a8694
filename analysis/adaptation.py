"""Accuracy where it is contested: after the first drift, and as the area under the curve of adaptation.

The accuracy of a whole run depends on how long its scenario waits before anything drifts; these two do not.
"""

from __future__ import annotations

import numpy as np

from analysis.recovery import EPSILON_S, horizon_of
from analysis.runs import Run


def accuracy_after_drift(run: Run) -> float | None:
    """Return the accuracy on all samples after the first drift; None without drift or predictions."""
    if not run.judged or not run.marks:
        return None
    after = run.windows[run.windows["t_s"] > float(run.marks[0]["at_s"]) + EPSILON_S]
    samples = int(after["samples"].sum())
    return float(after["correct"].sum()) / samples if samples else None


def adaptation_area(run: Run) -> float | None:
    """Return the mean height of the accuracy curve from each drift to the next, every drift counting the same.

    The area under the curve of test-then-train accuracy after a drift, over its width. None without drift or
    predictions.
    """
    if not run.judged:
        return None
    areas = []
    for mark in run.marks:
        rows = run.windows if mark.get("cohort") is None else run.windows[run.windows["cohort"] == mark["cohort"]]
        ticks = rows.groupby("t_s")[["samples", "correct"]].sum()
        ends_s = ticks.index.to_numpy(float)
        if not len(ends_s):
            continue
        within = (ends_s > float(mark["at_s"]) + EPSILON_S) & (ends_s <= horizon_of(mark, run.marks, ends_s[-1]))
        counts = ticks[within & (ticks["samples"].to_numpy() > 0)]
        if len(counts):
            areas.append(float((counts["correct"] / counts["samples"]).mean()))
    return float(np.mean(areas)) if areas else None
