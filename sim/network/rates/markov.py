"""A rate that jumps among states at random (a Markov-modulated link), and how to fit one to a trace.

One trace so gives thousands of devices with the same statistics and different draws.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.network.rates.rate import require_rate
from sim.network.rates.steps import Steps

_AHEAD = 64


class _Plain(NamedTuple):
    """A law in lists: jumps are drawn one by one, and single numbers of arrays are slow to come by.

    ``turns`` and ``start`` cut [0, 1] into the shares of the states.
    """

    rates_bps: list[float]
    exit_per_s: list[float]
    turns: list[list[float]]
    start: list[float]


@dataclass(frozen=True)
class MarkovModel:
    """A continuous-time Markov chain of rates.

    Attributes:
        rates_bps: float64 [states].
        generator_per_s: float64 [states, states]; jump rates off the diagonal; rows sum to zero.

    Raises:
        ValueError: shapes that do not fit, a rate that is none, a negative jump rate, or states that cannot
            all be reached from one another (then no stationary start exists).
    """

    rates_bps: np.ndarray
    generator_per_s: np.ndarray

    def __post_init__(self) -> None:
        states = len(self.rates_bps)
        jumps = self.generator_per_s - np.diag(np.diag(self.generator_per_s))
        if self.generator_per_s.shape != (states, states) or np.any(jumps < 0.0):
            raise ValueError(f"{states} rates need a {states} x {states} generator without negative jump rates")
        if not np.allclose(self.generator_per_s.sum(1), 0.0, atol=1e-9 * max(1.0, float(jumps.max()))):
            raise ValueError("the rows of a generator must sum to zero")
        if not _connected(jumps > 0.0):
            raise ValueError("every state must be reachable from every other")
        for bps in self.rates_bps:
            require_rate(float(bps))

    @cached_property
    def stationary(self) -> np.ndarray:
        """Return the long-run share of time in each state: float64 [states]."""
        states = len(self.rates_bps)
        balance = np.vstack([self.generator_per_s.T, np.ones(states)])
        shares = np.linalg.lstsq(balance, np.append(np.zeros(states), 1.0), rcond=None)[0]
        return np.asarray(shares)

    @cached_property
    def start(self) -> np.ndarray:
        """Return the cumulative shares of time, to draw a state from: float64 [states]."""
        return np.cumsum(self.stationary)

    @cached_property
    def exit_per_s(self) -> np.ndarray:
        """Return the rate at which each state is left: float64 [states]."""
        return np.asarray(-np.diag(self.generator_per_s))

    @cached_property
    def turns(self) -> np.ndarray:
        """Return the cumulative probabilities of the next state, by state: float64 [states, states]."""
        jumps = self.generator_per_s + np.diag(self.exit_per_s)
        return np.asarray(np.cumsum(jumps, axis=1) / np.maximum(self.exit_per_s, math.ulp(0.0))[:, None])

    @property
    def mean_bps(self) -> float:
        """Return the long-run mean rate."""
        return float(self.stationary @ self.rates_bps)

    @cached_property
    def plain(self) -> _Plain:
        """Return the numbers that a path is laid out with, as lists."""
        turns = [_cuts(row) for row in self.turns]
        return _Plain(self.rates_bps.tolist(), self.exit_per_s.tolist(), turns, _cuts(self.start))


class MarkovRate:
    """One device's path of a :class:`MarkovModel`, from a stationary start: a rate as a pure function of time.

    Jump n is drawn from a counter (seed, purpose, device, n), so the path does not depend on the order of queries.
    It is laid out as far as it has been asked for: 24 bytes a jump. What is carried only after ``horizon_s`` never is:
    otherwise a rate that is almost none would be laid out without end.
    """

    __slots__ = ("_bits", "_device", "_edges_s", "_horizon_s", "_process", "_purpose", "_seed", "_states")

    grain_bits = 0.0

    def __init__(
        self,
        process: MarkovModel,
        seed: int,
        device: int,
        purpose: Purpose = Purpose.RATE_STATE,
        horizon_s: float = math.inf,
    ) -> None:
        self._process, self._seed, self._device, self._purpose = process, seed, device, purpose
        self._horizon_s = horizon_s
        self._states = [bisect_right(process.plain.start, float(uniforms(seed, purpose, device, 0)))]
        self._edges_s = [0.0]
        self._bits = [0.0]

    def at(self, t_s: float) -> float:
        return self._bps(self._step(t_s))

    def bits(self, from_s: float, until_s: float) -> float:
        first, last = self._step(from_s), self._step(until_s)
        if first == last:
            return self._bps(first) * (until_s - from_s)
        return self._carried(last, until_s) - self._carried(first, from_s)

    def when(self, from_s: float, bits: float) -> float:
        if bits <= 0.0 or not self._process.rates_bps.any():
            return from_s if bits <= 0.0 else math.inf
        step = self._step(from_s)
        if bits <= self._bps(step) * (self._edges_s[step + 1] - from_s):
            return from_s + bits / self._bps(step)
        target_bits = self._carried(step, from_s) + bits
        while self._bits[-1] < target_bits:
            if self._edges_s[-1] > self._horizon_s:
                return math.inf
            self._lay()
        step = bisect_left(self._bits, target_bits) - 1
        return self._edges_s[step] + (target_bits - self._bits[step]) / self._bps(step)

    def next_change_s(self, t_s: float) -> float:
        return self._edges_s[self._step(t_s) + 1]

    def table(self, until_s: float) -> tuple[list[float], list[float], list[float]]:
        """Return the path up to beyond ``until_s``: edges [s], bits carried up to each, rate from each on [bit/s]."""
        self._step(until_s)
        return self._edges_s, self._bits, [self._process.plain.rates_bps[state] for state in self._states]

    def _bps(self, step: int) -> float:
        return self._process.plain.rates_bps[self._states[step]]

    def _carried(self, step: int, t_s: float) -> float:
        return self._bits[step] + self._bps(step) * (t_s - self._edges_s[step])

    def _step(self, t_s: float) -> int:
        while self._edges_s[-1] <= t_s:
            self._lay()
        return bisect_right(self._edges_s, t_s) - 1

    def _lay(self) -> None:
        """Draw the next stretch of the path: how long each state lasts, and which comes then."""
        first, process = len(self._edges_s), self._process.plain
        uniform = uniforms(self._seed, self._purpose, self._device, np.arange(2 * first, 2 * (first + _AHEAD)))
        state, edge_s, bits = self._states[-1], self._edges_s[-1], self._bits[-1]
        for length, turn in zip((-np.log(uniform[::2])).tolist(), uniform[1::2].tolist(), strict=True):
            exit_per_s, bps = process.exit_per_s[state], process.rates_bps[state]
            sojourn_s = length / exit_per_s if exit_per_s else math.inf
            edge_s += sojourn_s
            bits += bps * sojourn_s if bps else 0.0
            state = bisect_right(process.turns[state], turn)
            self._edges_s.append(edge_s)
            self._bits.append(bits)
            self._states.append(state)


def fit_markov(trace: Steps, states: int = 8) -> MarkovModel:
    """Return the chain whose states are quantiles of a trace and whose jumps are as frequent as its own.

    Each state carries the mean rate of its share of the time, and the trace is read as a circle, so that the
    chain's mean rate and its shares of time equal the trace's exactly. Traces with few distinct rates give
    fewer states.

    Raises:
        ValueError: fewer than one state is asked for.
    """
    if states < 1:
        raise ValueError(f"a chain needs at least one state, got {states}")
    widths_s, bps = trace.durations_s, trace.rates_bps
    member = _quantile_of(bps, widths_s, states)
    lasting_s = np.bincount(member, widths_s)
    rates_bps = np.bincount(member, widths_s * bps) / lasting_s
    jumps = np.zeros((len(lasting_s), len(lasting_s)))
    np.add.at(jumps, (member, np.roll(member, -1)), 1.0)
    np.fill_diagonal(jumps, 0.0)
    generator = jumps / lasting_s[:, None]
    return MarkovModel(rates_bps, generator - np.diag(generator.sum(1)))


def _quantile_of(bps: np.ndarray, widths_s: np.ndarray, states: int) -> np.ndarray:
    """Return for each step the number of its quantile (weighted by time), without gaps: int64 [steps]."""
    order = np.argsort(bps, kind="stable")
    share = np.cumsum(widths_s[order]) / widths_s.sum()
    bounds = bps[order][np.searchsorted(share, np.arange(1, states) / states)]
    return np.asarray(np.unique(np.searchsorted(bounds, bps, side="left"), return_inverse=True)[1])


def _cuts(cumulative: np.ndarray) -> list[float]:
    """Return where [0, 1] is cut; the last share gets what rounding leaves."""
    cuts: list[float] = cumulative[:-1].tolist()
    return cuts


def _connected(edges: np.ndarray) -> bool:
    reach = edges | np.eye(len(edges), dtype=bool)
    for _ in range(len(edges).bit_length()):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    return bool(reach.all())
