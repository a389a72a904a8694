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

Statistic = Callable[[NDArray[np.int64], NDArray[np.int64]], float]


class Interval(NamedTuple):
    """A mean with its two-sided interval over n observations; low and high are NaN where n is below two."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half(self) -> float:
        return (self.high - self.low) / 2

    @property
    def clear_of_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def student_interval(values: Sequence[float | None], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of independent observations and its Student t interval; None and NaN are left out.

    Source: Student (1908); mean -+ t(n - 1) s / sqrt(n), with the unbiased s.
    """
    kept = np.array([value for value in values if value is not None and not math.isnan(value)], float)
    if not kept.size:
        return Interval(math.nan, math.nan, math.nan, 0)
    if kept.size == 1:
        return Interval(float(kept[0]), math.nan, math.nan, 1)
    half = _quantile(kept.size, confidence) * kept.std(ddof=1) / math.sqrt(kept.size)
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
    return mean, _quantile(seeds, confidence) * curves.std(axis=0, ddof=1) / math.sqrt(seeds)


def paired_difference(values: Mapping[int, float | None], base: Mapping[int, float | None]) -> Interval:
    """Return the interval of value - base over the seeds that both have: pairs share streams and drifts."""
    pairs = [(values[seed], base[seed]) for seed in sorted(values.keys() & base.keys())]
    return student_interval([a - b for a, b in pairs if a is not None and b is not None])


def bootstrap_devices(
    correct: NDArray[np.int64],
    samples: NDArray[np.int64],
    statistic: Statistic,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return a statistic of per-device counts with its percentile interval under resampling of devices.

    correct, samples: [devices]. Source: Efron (1979). Below two devices there is no interval.
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

    Ranked by their own accuracy, so that few samples a device make it look worse than it is. NaN without
    predictions.
    """
    active = samples > 0
    if not active.any():
        return math.nan
    correct, samples = correct[active], samples[active]
    count = max(1, len(samples) // 10)
    worst = np.argpartition(correct / samples, count - 1)[:count]
    return float(correct[worst].sum() / samples[worst].sum())


def _quantile(n: int, confidence: float) -> float:
    return float(stdtrit(n - 1, 0.5 + confidence / 2))
