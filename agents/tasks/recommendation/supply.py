"""The clicks after the split, as devices replay them."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from agents.contract import FleetSpec
from agents.streams.base import BlockId
from agents.tasks.recommendation.users import Users

#: Share of devices whose record fills the run where each begins at a time of its own: a few may go on for months.
_MOST = 0.9


class Clicks:
    """Which decisions each device has, and when they were made; rows behind a cohort's last device have none.

    ``compression`` is in seconds of the log per second of the run; None lets what follows the split fill the run.
    """

    def __init__(self, users: Users, devices: np.ndarray, spec: FleetSpec, compression: float | None) -> None:
        self._sizes = [cohort.devices for cohort in spec.cohorts]
        self._before = [0, *accumulate(self._sizes)]
        self.compression = compression or _span_s(users, devices) / spec.duration_s
        self._times_s = [self._after(users, int(user)) for user in devices]
        self._count = np.array([len(times_s) for times_s in self._times_s], np.int64)
        self._first = np.cumsum(self._count) - self._count

    def count(self, block: BlockId) -> np.ndarray:
        """Return how many decisions each device of the block has, int64 [devices]."""
        return self._of(block, self._count)

    def first(self, block: BlockId) -> np.ndarray:
        """Return the number of the first decision of each device of the block, int64 [devices]."""
        return self._of(block, self._first)

    def times_s(self, block: BlockId) -> list[np.ndarray]:
        """Return when each device of the block decides, in seconds of the run: sorted, float64 [decisions] each."""
        rows = self._rows(block)
        empty = [np.empty(0)] * (block.width - (rows.stop - rows.start))
        return self._times_s[rows] + empty

    def _after(self, users: Users, user: int) -> np.ndarray:
        later_s = users.times_s(user)[int(users.known[user]) :]
        return (later_s - users.begin_s[user]) / self.compression

    def _of(self, block: BlockId, values: np.ndarray) -> np.ndarray:
        filled = np.zeros(block.width, np.int64)
        rows = self._rows(block)
        filled[: rows.stop - rows.start] = values[rows]
        return filled

    def _rows(self, block: BlockId) -> slice:
        """Return which devices of the fleet the block holds."""
        begin, end = self._before[block.cohort], self._before[block.cohort + 1]
        first = min(begin + block.block * block.width, end)
        return slice(first, min(first + block.width, end))


def _span_s(users: Users, devices: np.ndarray) -> float:
    """Return what fills the run: all that follows the split, or what follows its own for nine devices in ten [s]."""
    if users.split_s is not None:
        return users.end_s - users.split_s
    last_s = users.time_s[users.start[devices + 1] - 1]
    return float(np.quantile(last_s - users.begin_s[devices], _MOST)) or 1.0
