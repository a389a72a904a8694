"""How like its recording a fitted rate is: law of the rate, autocorrelation, and times of transfers.

The fit is judged on a grid of seconds, over paths of as many links as wanted, each as long as the recording; and beside
other recordings of the same kind, for no fit can be more like a recording than another ride is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.network.rates.markov import MarkovModel, MarkovRate

Floats = NDArray[np.float64]
#: Lags of the autocorrelation [s].
LAGS_S = (1, 2, 5, 10, 20)
#: Sizes of the transfers that are timed [bytes].
SIZES = (16_000, 750_000, 3_000_000)
#: What is shorter has no two seconds that could differ.
SHORTEST_S = 2.0
_STARTS = 200


class Fit(NamedTuple):
    """How far two collections of rates are apart.

    mean: ratio of the means. rate: largest distance of the laws of the rate in a second (Kolmogorov and Smirnov).
    correlation: root mean square difference of the autocorrelation at the lags. transfers: for each size, the ratio of
    the median times and of their 95th percentiles.
    """

    mean: float
    rate: float
    correlation: float
    transfers: tuple[tuple[float, float], ...]


class Observed(NamedTuple):
    """What is known of a rate: its values second by second, autocorrelation, and transfer times by size."""

    per_s: Floats
    correlation: Floats
    times_s: tuple[Floats, ...]


def observe(paths: Sequence[Any], length_s: float) -> Observed:
    """Observe rates from 0 to ``length_s``; autocorrelation is the mean over paths, everything else is pooled."""
    edges = np.arange(int(length_s) + 1, dtype=float)
    rows = [np.array([path.bits(a, b) for a, b in pairwise(edges.tolist())]) for path in paths]
    by_path = np.array([[autocorrelation(row, lag) for lag in LAGS_S] for row in rows])
    correlation = np.array([_mean(known) for known in by_path.T])
    starts = np.linspace(0.0, length_s, max(2, _STARTS // len(rows)), endpoint=False)
    times = [np.array([path.when(at, 8.0 * size) - at for path in paths for at in starts]) for size in SIZES]
    return Observed(np.concatenate(rows), correlation, tuple(times))


def autocorrelation(values: Floats, lag: int) -> float:
    """Return the autocorrelation of a series at a lag; NaN where it does not vary or is too short."""
    centred = values - values.mean()
    power = float(centred @ centred)
    return float(centred[:-lag] @ centred[lag:]) / power if power > 0 and len(values) > lag else float("nan")


def paths_of(model: MarkovModel, count: int, seed: int) -> list[MarkovRate]:
    """Return the rates of so many links under one fitted law."""
    return [MarkovRate(model, seed, device) for device in range(count)]


def compared(seen: Observed, base: Observed) -> Fit:
    """Return how far ``seen`` is from ``base``."""
    gap = seen.correlation - base.correlation
    transfers = tuple((_ratio(a, b, 0.5), _ratio(a, b, 0.95)) for a, b in zip(seen.times_s, base.times_s, strict=True))
    return Fit(
        float(seen.per_s.mean() / base.per_s.mean()),
        largest_distance(seen.per_s, base.per_s),
        float(np.sqrt(_mean(gap**2))),
        transfers,
    )


def largest_distance(a: Floats, b: Floats) -> float:
    """Return the largest distance of two empirical laws."""
    grid = np.sort(np.concatenate([a, b]))
    shares = [np.searchsorted(np.sort(one), grid, side="right") / len(one) for one in (a, b)]
    return float(np.abs(shares[0] - shares[1]).max())


def _mean(values: Floats) -> float:
    """Return the mean of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _ratio(a: Floats, b: Floats, share: float) -> float:
    return float(np.quantile(a, share) / np.quantile(b, share))
