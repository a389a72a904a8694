"""What a paired difference shows: better, worse, as good, or undecided, and how many seeds would decide it.

All of it follows from the interval of the difference, so that no verdict can say what its interval does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from scipy.special import stdtr

from analysis.statistics import CONFIDENCE, Interval, quantile

#: Half a point of accuracy: less is no loss that anyone would notice.
MARGIN = 0.005
MOST_SEEDS = 1000


class Verdict(StrEnum):
    """What the seeds of two settings say about their difference."""

    ABOVE = "above"
    BELOW = "below"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    SAME = "same"


def verdict(difference: Interval, margin: float = 0.0) -> Verdict:
    """Say what a 95 % interval shows; `margin` is how far a difference may be off and still be none.

    SAME: every seed gave the same difference (a time that no random number touches), which needs no test.
    """
    if difference.n > 1 and not difference.varies:
        return Verdict.SAME
    if difference.clear_of_zero:
        return Verdict.ABOVE if difference.mean > 0 else Verdict.BELOW
    return Verdict.EQUIVALENT if equivalent(difference, margin) else Verdict.UNDECIDED


def equivalent(difference: Interval, margin: float) -> bool:
    """Return whether two one-sided tests at 5 % show that a difference is less than the margin.

    The same as a 90 % interval within (-margin, margin). Source: Schuirmann (1987).
    """
    if difference.n < 2 or margin <= 0:
        return False
    half = difference.half * quantile(difference.n, 2 * CONFIDENCE - 1) / quantile(difference.n)
    return abs(difference.mean) + half < margin


def p_value(difference: Interval) -> float:
    """Return the two-sided p value of the paired t test; NaN where nothing varies or there are no pairs."""
    if difference.n < 2 or not difference.varies:
        return math.nan
    t = abs(difference.mean) / difference.half * quantile(difference.n)
    return float(2 * stdtr(difference.n - 1, -t))


def holm(p_values: Sequence[float], level: float = 1 - CONFIDENCE) -> list[bool]:
    """Return which of several tests still stand when all are made at once; NaN is no test. Source: Holm (1979)."""
    values = np.array(p_values, float)
    tested = np.flatnonzero(~np.isnan(values))
    stand = np.zeros(len(values), bool)
    for rank, place in enumerate(tested[np.argsort(values[tested], kind="stable")]):
        if values[place] > level / (len(tested) - rank):
            break
        stand[place] = True
    return stand.tolist()


def seeds_to_decide(difference: Interval) -> int | None:
    """Return with how many seeds an interval as wide as this one's spread would be clear of zero.

    None where it is clear already, where fewer than two seeds show a spread, or beyond a thousand.
    """
    if difference.n < 2 or difference.clear_of_zero or not difference.varies or not difference.mean:
        return None
    spread = difference.half * math.sqrt(difference.n) / quantile(difference.n)
    wanted = (
        n for n in range(difference.n + 1, MOST_SEEDS + 1) if quantile(n) * spread < abs(difference.mean) * n**0.5
    )
    return next(wanted, None)
