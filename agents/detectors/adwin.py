"""ADWIN: a window that is cut where the means of its two parts differ by more than chance allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from agents.contract.component import option
from agents.contract.forms import Interval, PositiveCount
from agents.detectors.base import SampleBySample, State

#: Rows of buckets: row j holds buckets of 2 ** j samples. What is older than all of them can hold is forgotten.
ROWS = 16


@dataclass(frozen=True)
class AdwinOptions:
    """A window that is cut where its older part has another mean (equals ``river.drift.ADWIN``)."""

    delta: Annotated[float, Interval(gt=0, lt=1)] = option(0.002, "probability of a cut by chance, at a test")
    clock: PositiveCount = option(32, "samples from test to test")
    buckets: Annotated[int, Interval(ge=2)] = option(5, "buckets of each size, at most")
    part: PositiveCount = option(5, "samples of each part, at least")
    minimum: PositiveCount = option(10, "no test before more samples than these")
    restart: bool = option(True, "start again after an alarm, as in River; else keep what was not cut off")


class Adwin(SampleBySample):
    """Keeps sums and squared deviations of buckets, the oldest of each row first."""

    def __init__(self, options: AdwinOptions) -> None:
        self._options, self.restarts = options, options.restart

    def fresh(self, devices: int) -> State:
        shape = devices, ROWS, self._options.buckets + 1
        one_each = {name: np.zeros(devices) for name in ("ticks", "width", "total", "variance")}
        buckets = {"sums": np.zeros(shape), "squares": np.zeros(shape)}
        return {**one_each, **buckets, "used": np.zeros((devices, ROWS), np.int64)}

    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        self._insert(state, value)
        self._compress(state)
        state["ticks"] = state["ticks"] + 1.0
        due = (state["ticks"] % self._options.clock == 0) & (state["width"] > self._options.minimum)
        alarms, rows = np.zeros(len(value), bool), np.flatnonzero(due)
        while len(rows):
            rows = rows[self._to_cut(state, rows)]
            alarms[rows] = True
            _drop_oldest(state, rows)
        return alarms

    def _insert(self, state: State, value: np.ndarray) -> None:
        before, total = state["width"], state["total"]
        gap = value - total / np.maximum(before, 1.0)
        state["variance"] = state["variance"] + np.where(before > 0, before * gap * gap / (before + 1.0), 0.0)
        state["width"], state["total"] = before + 1.0, total + value
        _append(state, np.arange(len(value)), 0, value, np.zeros(len(value)))

    def _compress(self, state: State) -> None:
        """Merge the two oldest buckets of rows that are full into one of the next row."""
        for row in range(ROWS):
            full = np.flatnonzero(state["used"][:, row] > self._options.buckets)
            if not len(full):
                return
            if row == ROWS - 1:
                _drop_oldest(state, full)
                return
            (first, second), (one, two) = (state[name][full, row, :2].T for name in ("sums", "squares"))
            size = 2.0**row
            gap = first / size - second / size
            _append(state, full, row + 1, first + second, one + two + size * size * gap * gap / (size + size))
            _shift(state, full, row, 2)

    def _to_cut(self, state: State, rows: np.ndarray) -> np.ndarray:
        """Return which of ``rows`` have two parts of different means, bool [rows]."""
        used, least = state["used"][rows][:, ::-1], self._options.part
        there = np.arange(self._options.buckets + 1) < used[:, :, None]
        sizes = np.where(there, 2.0 ** np.arange(ROWS)[::-1, None], 0.0).reshape(len(rows), -1)
        sums = np.where(there, state["sums"][rows][:, ::-1], 0.0).reshape(len(rows), -1)
        width, total = state["width"][rows, None], state["total"][rows, None]
        older, newer = np.cumsum(sizes, axis=1), np.cumsum(np.hstack([width, -sizes]), axis=1)[:, 1:]
        old_sum, new_sum = np.cumsum(sums, axis=1), np.cumsum(np.hstack([total, -sums]), axis=1)[:, 1:]
        tested = there.reshape(len(rows), -1) & (older >= least) & (newer >= least)
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.abs(old_sum / older - new_sum / newer)
            inverse = 1.0 / (older - least + 1.0) + 1.0 / (newer - least + 1.0)
            return np.asarray((tested & (gap > self._bound(state, rows, inverse))).any(axis=1))

    def _bound(self, state: State, rows: np.ndarray, inverse: np.ndarray) -> np.ndarray:
        width, variance = state["width"][rows, None], state["variance"][rows, None]
        level = np.log(2.0 * np.log(width) / self._options.delta)
        return np.asarray(np.sqrt(2.0 * inverse * (variance / width) * level) + 2.0 / 3.0 * level * inverse)


def _append(state: State, devices: np.ndarray, row: int, sums: np.ndarray, squares: np.ndarray) -> None:
    """Add a bucket behind those of a row."""
    at = state["used"][devices, row]
    state["sums"][devices, row, at], state["squares"][devices, row, at] = sums, squares
    state["used"][devices, row] += 1


def _shift(state: State, devices: np.ndarray, row: int, by: int) -> None:
    """Remove the oldest buckets of a row."""
    for name in ("sums", "squares"):
        kept = state[name][devices, row, by:]
        state[name][devices, row] = np.pad(kept, ((0, 0), (0, by)))
    state["used"][devices, row] -= by


def _drop_oldest(state: State, devices: np.ndarray) -> None:
    """Forget the oldest bucket of some devices."""
    last = ROWS - 1 - np.argmax(state["used"][devices][:, ::-1] > 0, axis=1)
    sums, squares = (state[name][devices, last, 0] for name in ("sums", "squares"))
    size = 2.0**last
    width, total = state["width"][devices] - size, state["total"][devices] - sums
    gap = sums / size - total / np.maximum(width, 1.0)
    state["variance"][devices] -= squares + size * width * gap * gap / (size + width)
    state["width"][devices], state["total"][devices] = width, total
    for row in np.unique(last):
        _shift(state, devices[last == row], int(row), 1)
