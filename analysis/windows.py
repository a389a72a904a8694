"""Accuracy per window: counts are summed first and divided last, never a mean of means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.recovery import smoothing_ticks
from analysis.runs import Run
from analysis.statistics import student_band

#: References that learn nothing, in runs that ask for them.
PLAIN = ("no_change", "majority", "popularity")
PREDICTORS = {
    "deployed": "correct",
    **{name: f"correct_{name}" for name in ("static", "oracle", *PLAIN)},
}
POINTS_ACROSS = 80


class Curve(NamedTuple):
    """A smoothed curve over virtual time: mean over seeds, half width of its band (NaN for one seed)."""

    t_s: NDArray[np.float64]
    mean: NDArray[np.float64]
    half: NDArray[np.float64]


def per_tick(windows: pd.DataFrame, cohort: str | None = None) -> pd.DataFrame:
    """Sum the counts of one cohort (None: of all) per tick; the index is `t_s`."""
    rows = windows if cohort is None else windows[windows["cohort"] == cohort]
    return rows.drop(columns="cohort").groupby("t_s", sort=True).sum()


def accuracy(run: Run, predictor: str = "deployed", cohort: str | None = None) -> float | None:
    """Return the accuracy over the whole run, None where nothing was predicted or the judge was absent."""
    if not run.judged or (predictor != "deployed" and not run.has(predictor)):
        return None
    rows = run.windows if cohort is None else run.windows[run.windows["cohort"] == cohort]
    samples = int(rows["samples"].sum())
    return float(rows[PREDICTORS[predictor]].sum()) / samples if samples else None


def trailing_share(
    hits: NDArray[np.int64] | NDArray[np.float64], samples: NDArray[np.int64], ticks: int
) -> NDArray[np.float64]:
    """Return sum(hits) / sum(samples) over the last `ticks` ticks; NaN where nothing was predicted."""
    pooled_hits, pooled = _trailing(hits, ticks), _trailing(samples, ticks)
    return np.divide(pooled_hits, pooled, out=np.full(len(pooled), np.nan), where=pooled > 0)


def smoothing_s(runs: Sequence[Run], cohort: str | None = None) -> float:
    """Return the smoothing window [s] that the given runs share: the recovery window, 1/80 of a long run."""
    return max(_window_s(run, cohort) for run in runs)


def accuracy_curve(
    runs: Sequence[Run], window_s: float, predictor: str = "deployed", cohort: str | None = None
) -> Curve:
    """Return the accuracy of repetitions against virtual time, trailing over `window_s`, with a band.

    Runs cut short are compared over the ticks that all of them have.
    """
    tables = [per_tick(run.windows, cohort) for run in runs]
    shortest = min(tables, key=len)
    curves = [_curve(table, predictor, window_s) for table in tables]
    mean, half = student_band(np.stack([curve[: len(shortest)] for curve in curves]))
    return Curve(shortest.index.to_numpy(float), mean, half)


def _curve(table: pd.DataFrame, predictor: str, window_s: float) -> NDArray[np.float64]:
    ends_s = table.index.to_numpy(float)
    tick_s = float(np.diff(ends_s, prepend=0.0).min()) if len(ends_s) else 1.0
    ticks = max(1, round(window_s / tick_s))
    return trailing_share(table[PREDICTORS[predictor]].to_numpy(), table["samples"].to_numpy(), ticks)


def _trailing(counts: NDArray[Any], ticks: int) -> NDArray[Any]:
    total = np.concatenate(([0], np.cumsum(counts, dtype=np.result_type(counts, np.int64))))
    ends = np.arange(1, len(total))
    return total[ends] - total[np.maximum(ends - ticks, 0)]


def _window_s(run: Run, cohort: str | None) -> float:
    samples = per_tick(run.windows, cohort)["samples"].to_numpy()
    ticks = max(smoothing_ticks(samples), len(samples) // POINTS_ACROSS)
    return ticks * run.tick_s
