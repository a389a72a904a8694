"""A piecewise constant rate, played once or repeated: every trace that gives a rate against time."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np

from sim.network.rates.rate import require_rate

# A target this close above a level counts as that level: rounding must not carry a transfer over an outage.
_SNAP = 1.0 - 1e-12
# What takes more laps of a trace than whole numbers count is never carried.
_MOST_LAPS = 2.0**62


class Steps:
    """The rate ``rates_bps[i]`` holds from ``starts_s[i]`` to the next start, the last one to ``period_s``.

    Every question costs O(log n) at any horizon: whole periods are counted, not stepped through.

    Args:
        starts_s: when each rate begins, from 0 on, never falling (of equal starts, the last one holds).
        rates_bps: as many rates [bit/s].
        period_s: length of the trace.
        repeat: start again at the end; otherwise the rate is zero from the end on.
        offset_s: where in the trace time 0 lies, so that one trace serves a fleet; views share the table.

    Raises:
        ValueError: lengths differ, no rows, starts that do not begin at 0 or fall, a period that ends before
            the last start, a rate that is negative or not finite.
    """

    __slots__ = ("_table", "offset_s", "repeat")

    grain_bits = 0.0

    def __init__(
        self,
        starts_s: Sequence[float],
        rates_bps: Sequence[float],
        period_s: float,
        *,
        repeat: bool = True,
        offset_s: float = 0.0,
    ) -> None:
        self._table = _Table(starts_s, rates_bps, period_s)
        self.repeat = repeat
        self.offset_s = _phase(offset_s, period_s, repeat)

    def shifted(self, offset_s: float, *, repeat: bool | None = None) -> Steps:
        """Return the same trace seen from ``offset_s`` further on; the table is shared."""
        view = Steps.__new__(Steps)
        view._table = self._table
        view.repeat = self.repeat if repeat is None else repeat
        view.offset_s = _phase(self.offset_s + offset_s, self.period_s, view.repeat)
        return view

    @property
    def table(self) -> _Table:
        """Return the numbers of the trace, which all its views share."""
        return self._table

    @property
    def period_s(self) -> float:
        """Return the length of the trace [s]."""
        return self._table.edges_s[-1]

    @property
    def end_s(self) -> float:
        """Return when the trace ends: ``inf`` if it repeats."""
        return math.inf if self.repeat else self.period_s - self.offset_s

    @property
    def mean_bps(self) -> float:
        """Return the rate averaged over the whole trace."""
        return self._table.total_bits / self.period_s

    @property
    def durations_s(self) -> np.ndarray:
        """Return how long each step holds: float64 [steps]."""
        return np.diff(np.asarray(self._table.edges_s))

    @property
    def rates_bps(self) -> np.ndarray:
        """Return the rate of each step: float64 [steps]."""
        return np.asarray(self._table.rates_bps)

    def at(self, t_s: float) -> float:
        if t_s >= self.end_s:
            return 0.0
        table = self._table
        return table.rates_bps[table.step(self._place(t_s)[1])]

    def bits(self, from_s: float, until_s: float) -> float:
        cycle, phase_s = self._place(from_s)
        until_cycle, until_phase_s = self._place(until_s)
        table = self._table
        if cycle == until_cycle and table.step(phase_s) == table.step(until_phase_s):
            return table.rates_bps[table.step(phase_s)] * (until_phase_s - phase_s)
        whole = (until_cycle - cycle) * table.total_bits
        return whole + table.carried(until_phase_s) - table.carried(phase_s)

    def when(self, from_s: float, bits: float) -> float:
        if bits <= 0.0:
            return from_s
        table = self._table
        phase_s = self._place(from_s)[1]
        step = table.step(phase_s)
        if bits <= table.rates_bps[step] * (table.edges_s[step + 1] - phase_s):
            return from_s + bits / table.rates_bps[step]
        return from_s + self._beyond(table.carried(phase_s) + bits) - phase_s

    def next_change_s(self, t_s: float) -> float:
        if t_s >= self.end_s:
            return math.inf
        phase_s = self._place(t_s)[1]
        edge_s = self._table.edges_s[self._table.step(phase_s) + 1]
        # Far from 0 the next edge may round to now: time must still go on.
        return max(t_s + (edge_s - phase_s), math.nextafter(t_s, math.inf))

    def _place(self, t_s: float) -> tuple[float, float]:
        """Return (whole laps, time within the lap); once played, a trace stays at its end."""
        x_s = t_s + self.offset_s
        if not self.repeat:
            return 0.0, min(x_s, self.period_s)
        phase_s = x_s % self.period_s
        return round((x_s - phase_s) / self.period_s), phase_s

    def _beyond(self, target_bits: float) -> float:
        """Return how long after the start of this lap ``target_bits`` have been carried since it."""
        total = self._table.total_bits
        if total == 0.0 or (not self.repeat and target_bits * _SNAP > total):
            return math.inf
        laps = target_bits * _SNAP / total
        if laps > _MOST_LAPS:
            return math.inf
        cycles = max(math.ceil(laps) - 1, 0) if self.repeat else 0
        return cycles * self.period_s + self._table.reached(target_bits - cycles * total)


class _Table:
    """The numbers of one trace, shared by all its views."""

    __slots__ = ("cumulative_bits", "edges_s", "rates_bps", "total_bits")

    def __init__(self, starts_s: Sequence[float], rates_bps: Sequence[float], period_s: float) -> None:
        edges = np.append(np.asarray(starts_s, np.float64), period_s)
        rates = np.asarray(rates_bps, np.float64)
        _check(edges, rates)
        keep = np.diff(edges) > 0.0
        edges, rates = np.append(edges[:-1][keep], period_s), rates[keep]
        cumulative = np.concatenate([[0.0], np.cumsum(rates * np.diff(edges))])
        # Python's bisect on an array of doubles is several times faster than numpy on one number.
        self.edges_s = array("d", edges)
        self.rates_bps = array("d", rates)
        self.cumulative_bits = array("d", cumulative)
        self.total_bits = float(cumulative[-1])

    def step(self, phase_s: float) -> int:
        return min(bisect_right(self.edges_s, phase_s), len(self.rates_bps)) - 1

    def carried(self, phase_s: float) -> float:
        i = self.step(phase_s)
        return self.cumulative_bits[i] + self.rates_bps[i] * (phase_s - self.edges_s[i])

    def reached(self, bits: float) -> float:
        """Return the earliest time within the lap by which ``bits`` (in (0, total]) are carried."""
        bits = min(bits, self.total_bits)
        j = bisect_left(self.cumulative_bits, bits * _SNAP)
        rest_s = (bits - self.cumulative_bits[j - 1]) / self.rates_bps[j - 1]
        return min(self.edges_s[j - 1] + rest_s, self.edges_s[j])


def _check(edges_s: np.ndarray, rates_bps: np.ndarray) -> None:
    if len(rates_bps) == 0 or len(edges_s) != len(rates_bps) + 1:
        raise ValueError(f"{len(edges_s) - 1} starts need as many rates, got {len(rates_bps)}")
    if edges_s[0] != 0.0 or not np.all(np.diff(edges_s) >= 0.0) or not 0.0 < edges_s[-1] < math.inf:
        raise ValueError("starts must begin at 0 and never fall, and the period must end after them")
    for rate_bps in rates_bps[~((rates_bps >= 0.0) & np.isfinite(rates_bps))][:1]:
        require_rate(float(rate_bps))


def _phase(offset_s: float, period_s: float, repeat: bool) -> float:
    if not offset_s >= 0.0:
        raise ValueError(f"an offset of {offset_s!r} s must not be negative")
    return offset_s % period_s if repeat else min(offset_s, period_s)
