"""Recovery over seeds and drifts: those that were not recovered while watched stay in.

A drift that was watched for 420 s and not recovered took more than 420 s. Left out, a method that recovers once in
three times would show the best time of all. Two figures keep it in: the median of the product-limit estimate, and
the mean of the time *within* the watch, min(time, watched), which has an interval over seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.statistics import Interval


class Watched(NamedTuple):
    """Drifts that were watched: how long each took or was watched [s], and whether it was recovered by then."""

    time_s: NDArray[np.float64]
    recovered: NDArray[np.bool_]

    @property
    def censored(self) -> int:
        """Return how many were not recovered."""
        return int((~self.recovered).sum())


def watched(recoveries: Sequence[Mapping[str, Any]]) -> Watched:
    """Collect verdicts of `recovery_times`; those that could not be watched say nothing."""
    seen = [row for row in recoveries if row["watched_s"] > 0]
    times = [row["watched_s"] if row["recovery_s"] is None else row["recovery_s"] for row in seen]
    return Watched(np.array(times, float), np.array([row["recovery_s"] is not None for row in seen], bool))


def median(drifts: Watched) -> Interval:
    """Return the median time; where less than half was recovered it is only known to be beyond some time.

    Source: Kaplan and Meier (1958), by `scipy.stats.ecdf` of right-censored data.
    """
    total = len(drifts.time_s)
    if not total:
        return Interval(math.nan, math.nan, math.nan, 0)
    note = f"{drifts.censored} of {total} not recovered" if drifts.censored else ""
    at_s, share = survival(drifts)
    reached = np.flatnonzero(share <= 0.5)
    if len(reached):
        return Interval(float(at_s[reached[0]]), math.nan, math.nan, total, note)
    return Interval(math.inf, float(drifts.time_s.max()), math.inf, total, note)


def survival(drifts: Watched) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times [s] and, for each, the share of drifts that take longer."""
    # Only here: scipy.stats takes a second to load, and a run without drift does not need it.
    from scipy.stats import CensoredData, ecdf

    found = ecdf(CensoredData(drifts.time_s[drifts.recovered], right=drifts.time_s[~drifts.recovered])).sf
    return found.quantiles, found.probabilities
