"""The least (or most) of a quantity at which a metric meets a target: bisection on paired seeds, with an interval.

Every value is tried with the same seeds, so that all tries meet the same worlds. Three thresholds are bisected over the
same tries: where the mean meets the target, and where the upper and the lower end of its interval do. Beyond the last,
the target is met clear of chance; before the second it is missed clear of chance; between them, seeds decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from analysis.statistics import Interval

#: From a value to how far the metric is beyond its target, over seeds; at or above zero it is met.
Margin = Callable[[float], Interval]
MOST_TRIES = 60


@dataclass(frozen=True)
class Bracket:
    """Between which two tried values a threshold lies: it is missed at the one and met at the other.

    None where even the best end misses it, or even the worst end meets it.
    """

    missed_at: float | None
    met_at: float | None


@dataclass(frozen=True)
class Solution:
    """Where the mean, the upper and the lower end of the interval meet the target, and everything that was tried."""

    mean: Bracket
    possible: Bracket
    certain: Bracket
    tried: dict[float, Interval]

    @property
    def straight(self) -> bool:
        """Whether the means say the same everywhere: missed on the one side, met on the other."""
        if self.mean.met_at is None or self.mean.missed_at is None:
            return True
        up = self.mean.met_at > self.mean.missed_at
        beyond = [
            one for value, one in self.tried.items() if (value >= self.mean.met_at) == up or value == self.mean.met_at
        ]
        return all(one.mean >= 0 for one in beyond)


def solve(margin: Margin, worst: float, best: float, *, tolerance: float = 0.05, whole: bool = False) -> Solution:
    """Bisect between the value that should miss the target and the one that should meet it.

    Steps are even in the logarithm where both ends are above zero, else in the value. They end when the two values
    differ by ``tolerance`` (a share), or by one where only ``whole`` numbers count.
    """
    tried: dict[float, Interval] = {}

    def at(value: float) -> Interval:
        if value not in tried:
            tried[value] = margin(value)
        return tried[value]

    def bisected(met: Callable[[Interval], bool]) -> Bracket:
        missed_at, met_at = worst, best
        if not met(at(best)):
            return Bracket(best, None)
        if met(at(worst)):
            return Bracket(None, worst)
        while len(tried) < MOST_TRIES and not _close(missed_at, met_at, tolerance, whole):
            middle = _between(missed_at, met_at, whole)
            missed_at, met_at = (missed_at, middle) if met(at(middle)) else (middle, met_at)
        return Bracket(missed_at, met_at)

    mean = bisected(lambda one: one.mean >= 0)
    return Solution(mean, bisected(lambda one: _high(one) >= 0), bisected(lambda one: _low(one) >= 0), tried)


def _low(one: Interval) -> float:
    return one.mean if math.isnan(one.low) else one.low


def _high(one: Interval) -> float:
    return one.mean if math.isnan(one.high) else one.high


def _close(a: float, b: float, tolerance: float, whole: bool) -> bool:
    if whole:
        return abs(a - b) <= 1
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def _between(a: float, b: float, whole: bool) -> float:
    """Return the middle, in three or more digits: what is tried is to be written down."""
    middle = math.sqrt(a * b) if a > 0 and b > 0 else (a + b) / 2
    if whole:
        return float(min(max(round(middle), min(a, b) + 1), max(a, b) - 1))
    for digits in range(2, 17):
        rounded = float(f"{middle:.{digits}e}")
        if min(a, b) < rounded < max(a, b):
            return rounded
    return middle
