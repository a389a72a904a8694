"""Intervals: Student's t over seeds, pairs by seed, the bootstrap over devices and over nothing else.

A run is one observation: its ticks and samples are not independent, so that only seeds may widen or narrow an
interval between runs. Within one run, devices are exchangeable, and a bootstrap over them says how far a
figure about devices (say, the worst decile) depends on which devices there happened to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

CONFIDENCE = 0.95
RESAMPLES = 400
VARIES = 1e-9

Statistic = Callable[[NDArray[np.int64], NDArray[np.int64]], float]


class Interval(NamedTuple):
    """A mean with its two-sided interval over n observations; low and high are NaN where n is below two.

    A mean of `inf` with a finite `low` is only known to be beyond it. `note` says what n does not.
    """

    mean: float
    low: float
    high: float
    n: int
    note: str = ""

    @property
    def half(self) -> float:
        return (self.high - self.low) / 2

    @property
    def even(self) -> bool:
        """Return whether both ends are as far from the mean, so that one half width says it all."""
        return math.isclose(self.high - self.mean, self.mean - self.low, rel_tol=1e-6, abs_tol=1e-12)

    @property
    def varies(self) -> bool:
        """Return whether the observations differ at all: what is the same in every seed needs no test."""
        return self.half > VARIES * max(1.0, abs(self.mean))

    @property
    def clear_of_zero(self) -> bool:
        return self.varies and (self.low > 0 or self.high < 0)

    def within(self, low: float, high: float) -> Interval:
        """Return the interval cut to what is possible: a share is never above one."""
        return self._replace(low=max(self.low, low), high=min(self.high, high)) if self.n > 1 else self


def student_interval(values: Sequence[float | None], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of independent observations and its Student t interval; None and NaN are left out.

    Source: Student (1908); mean -+ t(n - 1) s / sqrt(n), with the unbiased s.
    """
    kept = np.array([value for value in values if value is not None and not math.isnan(value)], float)
    if not kept.size:
        return Interval(math.nan, math.nan, math.nan, 0)
    if kept.size == 1:
        return Interval(float(kept[0]), math.nan, math.nan, 1)
    half = quantile(kept.size, confidence) * kept.std(ddof=1) / math.sqrt(kept.size)
    mean = float(kept.mean())
    return Interval(mean, mean - half, mean + half, kept.size)


def student_band(
    curves: NDArray[np.float64], confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean curve and the half width of its band at each tick.

    curves: [seeds, ticks]. NaN anywhere at a tick leaves NaN there; with one seed the half width is NaN.
    """
    seeds = len(curves)
    mean = curves.mean(axis=0)
    if seeds < 2:
        return mean, np.full_like(mean, math.nan)
    return mean, quantile(seeds, confidence) * curves.std(axis=0, ddof=1) / math.sqrt(seeds)


def paired_difference(values: Mapping[int, float | None], base: Mapping[int, float | None]) -> Interval:
    """Return the interval of value - base over the seeds that both have: pairs share streams and drifts."""
    pairs = [(values[seed], base[seed]) for seed in sorted(values.keys() & base.keys())]
    return student_interval([a - b for a, b in pairs if a is not None and b is not None])


def wilson_interval(hits: int, of: int, confidence: float = CONFIDENCE) -> Interval:
    """Return a share of few counts with its interval, which never leaves [0, 1]. Source: Wilson (1927).

    ValueError for more hits than counts.
    """
    # Only here: scipy.stats takes a second to load, and most tables have no such share.
    from scipy.stats import binomtest

    if of == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    found = binomtest(hits, of).proportion_ci(confidence, method="wilson")
    return Interval(hits / of, float(found.low), float(found.high), of)


def bootstrap_devices(
    correct: NDArray[np.int64],
    samples: NDArray[np.int64],
    statistic: Statistic,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return a statistic of per-device counts with its percentile interval under resampling of devices.

    correct, samples: [devices, ...]. Source: Efron (1979). Below two devices there is no interval.
    """
    devices = len(samples)
    if devices < 2:
        value = statistic(correct, samples) if devices else math.nan
        return Interval(value, math.nan, math.nan, devices)
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = (generator.integers(devices, size=devices) for _ in range(resamples))
    values = [statistic(correct[rows], samples[rows]) for rows in drawn]
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail]) if not np.isnan(values).all() else (math.nan, math.nan)
    return Interval(statistic(correct, samples), float(low), float(high), devices)


def worst_decile(correct: NDArray[np.int64], samples: NDArray[np.int64]) -> float:
    """Return the pooled accuracy of the tenth of the devices (at least one) that fare worst.

    correct, samples: [devices, 2], odd and even samples. The tenth is chosen by the odd samples and judged by the
    even ones: chosen and judged by the same counts, a device with few samples looks worse than it is. One column
    does both. NaN without predictions.
    """
    if not len(samples):
        return math.nan
    correct, samples = (counts.reshape(len(counts), -1) for counts in (correct, samples))
    active = (samples > 0).all(axis=1)
    if not active.any():
        return math.nan
    correct, samples = correct[active], samples[active]
    count = max(1, len(samples) // 10)
    # A stable sort: of devices that are equally bad, the first are chosen on any machine.
    worst = np.argsort(correct[:, 0] / samples[:, 0], kind="stable")[:count]
    return float(correct[worst, -1].sum() / samples[worst, -1].sum())


def quantile(n: int, confidence: float = CONFIDENCE) -> float:
    """Return how many standard errors the two-sided interval of a mean of n observations reaches."""
    return float(stdtrit(n - 1, 0.5 + confidence / 2))
