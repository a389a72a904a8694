"""Distributions by inversion: a uniform in, a time, size or rate out.

Every law is a frozen value with ``quantile(u)`` (inverse distribution function, vectorised over u in (0, 1)),
its ``mean`` and its squared coefficient of variation ``squared_cv`` (variance over squared mean, as queueing
theory has it). Moments that do not exist are ``inf``; the squared_cv of a law that is always 0 is 0. One
uniform makes one value, so that draws keyed by meaning need no state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


class Distribution(Protocol):
    """A law of a non-negative random quantity."""

    @property
    def mean(self) -> float:
        """The mean, in the quantity's base unit."""
        ...

    @property
    def squared_cv(self) -> float:
        """Variance over squared mean."""
        ...

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Return the values that the law stays below with probabilities ``u``: float64, shaped like ``u``."""
        ...


@dataclass(frozen=True)
class Constant:
    """Always ``value``."""

    value: float
    squared_cv = 0.0

    @property
    def mean(self) -> float:
        return self.value

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return np.full(np.shape(u), self.value)


@dataclass(frozen=True)
class Exponential:
    """Memoryless, with the given mean."""

    mean: float
    squared_cv = 1.0

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return -self.mean * np.log1p(-np.asarray(u))


@dataclass(frozen=True)
class Uniform:
    """Uniform from ``low`` to ``high``."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def squared_cv(self) -> float:
        return _ratio((self.high - self.low) ** 2 / 12, self.mean)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return self.low + (self.high - self.low) * np.asarray(u)


#: A wider lognormal, and laws of smaller shapes, reach beyond what numbers can hold.
_WIDEST = 25.0
_LEAST_GAMMA, _LEAST_WEIBULL, _LEAST_PARETO = 1e-6, 0.02, 0.06


@dataclass(frozen=True)
class Lognormal:
    """exp of a normal: half of the values are below ``median``; ``sigma`` is the logarithm's deviation."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        if self.sigma > _WIDEST:
            raise ValueError(f"sigma = {self.sigma:g} spreads beyond what numbers can hold; {_WIDEST:g} is the most")

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    @property
    def squared_cv(self) -> float:
        return math.expm1(self.sigma**2) if self.median else 0.0

    def quantile(self, u: np.ndarray) -> np.ndarray:
        from scipy.special import ndtri

        return self.median * np.exp(self.sigma * ndtri(np.asarray(u)))


@dataclass(frozen=True)
class Normal:
    """A normal around ``centre`` with deviation ``sd``, conditioned on not being negative."""

    centre: float
    sd: float

    @property
    def mean(self) -> float:
        return self.centre + self.sd * self._hazard if self.sd else self.centre

    @property
    def squared_cv(self) -> float:
        start = -self.centre / self.sd if self.sd else 0.0
        return _ratio(self.sd**2 * (1 + start * self._hazard - self._hazard**2) if self.sd else 0.0, self.mean)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        from scipy.special import ndtr, ndtri

        if not self.sd:
            return np.full(np.shape(u), self.centre)
        u, mass = np.asarray(u), ndtr(self.centre / self.sd)
        below, above = ndtr(-self.centre / self.sd) + u * mass, (1 - u) * mass
        # Each half from its own tail: near 1 a probability has no digits left to invert.
        score = np.where(below < above, ndtri(below), -ndtri(above))
        return np.maximum(self.centre + self.sd * score, 0.0)

    @property
    def _hazard(self) -> float:
        """Mean of the standard normal above the cut (inverse Mills ratio)."""
        start = -self.centre / self.sd
        density = math.exp(-(start**2) / 2) / math.sqrt(2 * math.pi)
        return density / (0.5 * math.erfc(start / math.sqrt(2)))


@dataclass(frozen=True)
class Gamma:
    """Gamma with the given mean; ``shape`` 1 is exponential, larger is more regular."""

    mean: float
    shape: float

    def __post_init__(self) -> None:
        _require_shape(self.shape, _LEAST_GAMMA)

    @property
    def squared_cv(self) -> float:
        return 1 / self.shape if self.mean else 0.0

    def quantile(self, u: np.ndarray) -> np.ndarray:
        from scipy.special import gammaincinv

        return self.mean / self.shape * gammaincinv(self.shape, np.asarray(u))


@dataclass(frozen=True)
class Erlang:
    """The sum of ``stages`` equal exponential stages with the given total mean."""

    mean: float
    stages: int

    @property
    def squared_cv(self) -> float:
        return 1 / self.stages if self.mean else 0.0

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return Gamma(self.mean, self.stages).quantile(u)


@dataclass(frozen=True)
class Weibull:
    """Weibull: ``shape`` below 1 has a heavy tail, 1 is exponential with mean ``scale``."""

    scale: float
    shape: float

    def __post_init__(self) -> None:
        _require_shape(self.shape, _LEAST_WEIBULL)

    @property
    def mean(self) -> float:
        return self.scale * math.gamma(1 + 1 / self.shape)

    @property
    def squared_cv(self) -> float:
        first, second = math.gamma(1 + 1 / self.shape), math.gamma(1 + 2 / self.shape)
        return second / first**2 - 1 if self.scale else 0.0

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return self.scale * (-np.log1p(-np.asarray(u))) ** (1 / self.shape)


@dataclass(frozen=True)
class Pareto:
    """Power law above ``minimum``: P(X > x) = (minimum / x) ** shape."""

    minimum: float
    shape: float

    def __post_init__(self) -> None:
        _require_shape(self.shape, _LEAST_PARETO)

    @property
    def mean(self) -> float:
        return self.minimum * self.shape / (self.shape - 1) if self.shape > 1 else math.inf

    @property
    def squared_cv(self) -> float:
        return 1 / (self.shape * (self.shape - 2)) if self.shape > 2 else math.inf

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return self.minimum * (1 - np.asarray(u)) ** (-1 / self.shape)


@dataclass(frozen=True)
class Hyperexponential:
    """With probability ``weights[i]`` exponential of mean ``means[i]``: more variable than exponential."""

    means: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.means) != len(self.weights) or not self.means:
            raise ValueError(f"{len(self.means)} means but {len(self.weights)} weights")
        if abs(sum(self.weights) - 1) > 1e-9:
            raise ValueError(f"the weights sum to {sum(self.weights):g}, not to 1")

    @property
    def mean(self) -> float:
        return sum(w * m for w, m in zip(self.weights, self.means, strict=True))

    @property
    def squared_cv(self) -> float:
        return sum(2 * w * m * m for w, m in zip(self.weights, self.means, strict=True)) / self.mean**2 - 1

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Solve log P(X > t) = log(1 - u) by Newton's method: convex in t, it climbs from 0 to the root."""
        target = np.log1p(-np.asarray(u, float))
        rates, weights = 1 / np.array(self.means), np.array(self.weights)
        t = np.zeros_like(target)
        for _ in range(100):
            terms = weights * np.exp(-rates * t[..., None] - target[..., None])  # [..., branches]
            step = np.log(terms.sum(-1)) * terms.sum(-1) / (terms * rates).sum(-1)
            t = t + step
            if np.all(np.abs(step) <= 1e-15 * t):
                break
        return t


@dataclass(frozen=True)
class Empirical:
    """Each recorded value equally likely; ``source`` is the file and unit they were read from, if any."""

    values: tuple[float, ...]
    source: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("holds no values")

    @property
    def mean(self) -> float:
        return float(self._sorted.mean())

    @property
    def squared_cv(self) -> float:
        return _ratio(float(self._sorted.var()), self.mean)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        rank = np.ceil(np.asarray(u) * len(self.values)).astype(np.int64) - 1
        return self._sorted[np.maximum(rank, 0)]

    @cached_property
    def _sorted(self) -> np.ndarray:
        return np.sort(np.array(self.values, np.float64))


def _require_shape(shape: float, least: float) -> None:
    if shape < least:
        raise ValueError(f"shape = {shape:g} spreads beyond what numbers can hold; {least:g} is the least")


def _ratio(variance: float, mean: float) -> float:
    return variance / mean**2 if mean else 0.0
