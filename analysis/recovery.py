"""Recovery time: how long a fleet stays worse than it was before anything drifted.

Plain numpy on plain dicts, so that the driver can call it without pandas or matplotlib.

Definition. A drift mark changes the data from `at_s` to `until_s`. The *shortfall* over a span of time is
(oracle correct - deployed correct) / samples, summed over the span; without an oracle it is 1 - accuracy. The
*level* is the shortfall before the first mark that touches the cohort: the model as it was shipped. The fleet
has recovered at the first tick boundary after `until_s` from which the shortfall of each of the next two
smoothing windows is at most level + `within`: one good window is chance. Recovery time is that moment minus
`until_s`. The search ends where the next mark begins or the run ends: a mark not recovered by then is censored
(`recovery_s` is None) after `watched_s` seconds. Censored marks are never left out: the median counts them as slower
than all others, and the mean is that of min(recovery time, watched time).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

WITHIN = 0.02
ENOUGH_SAMPLES = 1000
EPSILON_S = 1e-9

Mark = Mapping[str, Any]


def recovery_times(
    windows: Mapping[str, ArrayLike],
    drift_marks: Sequence[Mark],
    *,
    within: float = WITHIN,
    smooth_s: float | None = None,
) -> list[dict[str, Any]]:
    """Compute recovery from every drift mark: when was the fleet as near to the oracle as before the first drift?

    windows: columns `t_s cohort samples correct` and, where there was one, `correct_oracle`; any mapping of
    equally long columns (a DataFrame too). drift_marks: `at_s until_s label cohort share` each, `until_s` and
    `cohort` may be None. Returns one dict a mark: `at_s until_s label cohort recovery_s watched_s dip`; times
    in seconds, `dip` (a share of samples) the largest shortfall beyond the level before the search ends, None
    where it cannot be measured.
    """
    marks = sorted(drift_marks, key=lambda mark: float(mark["at_s"]))
    return [_judge(windows, mark, marks, within, smooth_s) for mark in marks]


def summarise(recoveries: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Reduce the marks to `recovery_s` (their median), `recovery_mean_s` (within the watch) and `censored_share`.

    `recovery_s` is None when the median mark was never recovered; all are None when no mark could be watched.
    """
    watched = [row for row in recoveries if row["watched_s"] > 0]
    if not watched:
        return {"recovery_s": None, "recovery_mean_s": None, "censored_share": None}
    times = sorted(math.inf if row["recovery_s"] is None else row["recovery_s"] for row in watched)
    # The lower median, as the product-limit estimate of several seeds has it.
    middle = times[(len(times) - 1) // 2]
    censored = sum(math.isinf(time) for time in times) / len(times)
    within = [row["watched_s"] if row["recovery_s"] is None else row["recovery_s"] for row in watched]
    return {
        "recovery_s": None if math.isinf(middle) else float(middle),
        "recovery_mean_s": float(sum(within)) / len(within),
        "censored_share": censored,
    }


def smoothing_ticks(samples: ArrayLike) -> int:
    """Choose how many ticks to pool: at least three and a thousand samples, at most a tenth of the run.

    samples: one count per tick.
    """
    counts = np.asarray(samples, dtype=np.int64)
    mean = counts.mean() if counts.size else 0.0
    wanted = math.ceil(ENOUGH_SAMPLES / mean) if mean > 0 else 1
    return int(max(1, min(max(3, min(wanted, counts.size // 10)), counts.size)))


@dataclass(frozen=True)
class WindowCounts:
    """Counts of one cohort (or the fleet), summed per tick; `ends_s` are the ends of the ticks."""

    ends_s: NDArray[np.float64]
    samples: NDArray[np.int64]
    lacking: NDArray[np.int64]

    @property
    def tick_s(self) -> float:
        return float(np.diff(self.ends_s, prepend=0.0).min())

    def pooled(self, first: int, last: int) -> float:
        """Return the shortfall over rows [first, last); NaN where there are no predictions."""
        total = int(self.samples[first:last].sum())
        return float(self.lacking[first:last].sum()) / total if total else math.nan


def window_counts(windows: Mapping[str, ArrayLike], cohort: str | None) -> WindowCounts:
    """Sum the windows of one cohort (None: of all) per tick."""
    chosen = np.asarray(windows["cohort"], dtype=object)
    rows = np.ones(chosen.shape, bool) if cohort is None else chosen == cohort
    ends_s, tick = np.unique(np.asarray(windows["t_s"], float)[rows], return_inverse=True)
    column = {name: _summed(windows[name], rows, tick, ends_s.size) for name in ("samples", "correct")}
    best = column["samples"]
    if "correct_oracle" in windows and np.asarray(windows["correct_oracle"]).any():
        best = _summed(windows["correct_oracle"], rows, tick, ends_s.size)
    return WindowCounts(ends_s, column["samples"], best - column["correct"])


def _summed(column: ArrayLike, rows: NDArray[np.bool_], tick: NDArray[np.intp], ticks: int) -> NDArray[np.int64]:
    sums = np.zeros(ticks, np.int64)
    np.add.at(sums, tick, np.asarray(column)[rows].astype(np.int64))
    return sums


def _judge(
    windows: Mapping[str, ArrayLike],
    mark: Mark,
    marks: Sequence[Mark],
    within: float,
    smooth_s: float | None,
) -> dict[str, Any]:
    counts = window_counts(windows, mark.get("cohort"))
    touching = [other for other in marks if _touches(other, mark)]
    verdict = {name: mark.get(name) for name in ("at_s", "until_s", "label", "cohort")}
    if not counts.ends_s.size:
        return verdict | {"recovery_s": None, "watched_s": 0.0, "dip": None}
    span = _ticks(counts, smooth_s)
    level = _level(counts, float(touching[0]["at_s"]))
    until_s = end_of(mark)
    horizon_s = horizon_of(mark, marks, float(counts.ends_s[-1]))
    starts, falls = _falls(counts, float(mark["at_s"]), horizon_s, span)
    complete = starts >= until_s - EPSILON_S
    good = falls <= level + within + EPSILON_S
    # The second window must lie within the watch, too.
    again = np.concatenate([good[span:], np.zeros(min(span, len(good)), bool)])
    back = starts[complete & good & again]
    watched = bool(complete[: len(complete) - span].any()) and not math.isnan(level)
    seen = falls[~np.isnan(falls)]
    return verdict | {
        "recovery_s": max(0.0, float(back[0]) - until_s) if watched and back.size else None,
        "watched_s": max(0.0, horizon_s - until_s) if watched else 0.0,
        "dip": max(0.0, float(seen.max()) - level) if seen.size and not math.isnan(level) else None,
    }


def end_of(mark: Mark) -> float:
    """Return when a mark's change is complete [s]: `until_s`, or `at_s` for a sudden one."""
    until_s = mark.get("until_s")
    at_s = float(mark["at_s"])
    return at_s if until_s is None or math.isnan(until_s) else max(at_s, float(until_s))


def horizon_of(mark: Mark, marks: Sequence[Mark], end_s: float) -> float:
    """Return until when what follows a mark is due to it alone: the next mark that touches it, or the end."""
    at_s = float(mark["at_s"])
    later = [float(other["at_s"]) for other in marks if _touches(other, mark)]
    return min([end_s, *(other_s for other_s in later if other_s > at_s + EPSILON_S)])


def _touches(other: Mark, mark: Mark) -> bool:
    """Return whether a mark moves the curve another is judged on: the fleet's curve moves with any cohort."""
    cohorts = (other.get("cohort"), mark.get("cohort"))
    return None in cohorts or cohorts[0] == cohorts[1]


def _ticks(counts: WindowCounts, smooth_s: float | None) -> int:
    if smooth_s is None:
        return smoothing_ticks(counts.samples)
    return max(1, round(smooth_s / counts.tick_s))


def _level(counts: WindowCounts, first_s: float) -> float:
    """Return the shortfall before the first drift; a drift at 0 leaves the oracle itself as the level."""
    before = int(np.searchsorted(counts.ends_s, first_s + EPSILON_S))
    return counts.pooled(0, before) if before else 0.0


def _falls(
    counts: WindowCounts, from_s: float, horizon_s: float, span: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the starts of all windows of `span` ticks within (from_s, horizon_s] and their shortfalls."""
    begins_s = np.concatenate(([counts.ends_s[0] - counts.tick_s], counts.ends_s[:-1]))
    first = int(np.searchsorted(begins_s, from_s - EPSILON_S))
    last = int(np.searchsorted(counts.ends_s, horizon_s + EPSILON_S))
    rows = range(first, last - span + 1)
    falls = np.array([counts.pooled(row, row + span) for row in rows])
    return begins_s[first : first + len(falls)], falls
