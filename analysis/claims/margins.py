"""From margins to a verdict: every claim is a few numbers a seed that all have to be above zero.

Confirmed: the interval of each margin lies above zero (an intersection-union test: no correction is needed; Berger
1982). Refuted: the interval of at least one, corrected for how many there are (Bonferroni), lies below. Else undecided.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.significance import MOST_SEEDS
from analysis.statistics import CONFIDENCE, VARIES, quantile

#: What a finding ends with where no seed has the metric.
NOT_MEASURED = "; not measured"


@dataclass(frozen=True)
class Evidence:
    """What the seeds say of a claim.

    Attributes:
        seen: in words, with the interval.
        margins: each by seed; all must be above zero for the claim to hold.
        confidence: of the intervals; one-sided pairs (TOST) use 90 %.
    """

    seen: str
    margins: tuple[Mapping[int, float], ...]
    confidence: float = CONFIDENCE


@dataclass(frozen=True)
class Finding:
    """The verdict on a claim: confirmed, refuted or undecided; `seeds`: how many would decide, None for too many."""

    verdict: str
    seen: str
    seeds: int | None = None


def judged(evidence: Evidence) -> Finding:
    """Return the verdict that the margins allow."""
    margins = [np.array(list(margin.values()), float) for margin in evidence.margins]
    if not margins or any(not margin.size for margin in margins):
        return Finding("undecided", f"{evidence.seen}{NOT_MEASURED}")
    corrected = 1.0 - (1.0 - evidence.confidence) / len(margins)
    if any(_reach(margin, corrected, +1) < 0 for margin in margins):
        return Finding("refuted", evidence.seen)
    if all(_reach(margin, evidence.confidence, -1) > 0 for margin in margins):
        return Finding("confirmed", evidence.seen)
    needed = [_seeds(margin, evidence.confidence) for margin in margins]
    return Finding("undecided", evidence.seen, None if None in needed else max(n for n in needed if n is not None))


def _reach(margin: np.ndarray, confidence: float, side: int) -> float:
    """Return one end of the margin's interval; of what no seed changes, the value itself, and zero counts as kept."""
    mean = float(margin.mean())
    if margin.size > 1 and np.ptp(margin) <= VARIES * max(1.0, abs(mean)):
        return mean if abs(mean) > VARIES else VARIES
    if margin.size < 2:
        return side * math.inf
    return mean + side * quantile(margin.size, confidence) * float(margin.std(ddof=1)) / math.sqrt(margin.size)


def _seeds(margin: np.ndarray, confidence: float) -> int | None:
    """Return with how many seeds of the same spread a margin would be clear of zero; None: no spread, or too many."""
    if margin.size < 2:
        return None
    spread, mean = float(margin.std(ddof=1)), abs(float(margin.mean()))
    wanted = (n for n in range(2, MOST_SEEDS + 1) if quantile(n, confidence) * spread < mean * math.sqrt(n))
    found = next(wanted, None)
    return None if found is None else max(found, margin.size)
