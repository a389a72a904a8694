"""The clicks after the split, as devices replay them."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from agents.contract import FleetSpec
from agents.tasks.base import Place
from agents.tasks.recommendation.users import Users


class Clicks:
    """Which decisions each device has, and when they were made; rows behind a cohort's last device have none.

    ``compression`` is in seconds of the log per second of the run; None lets what follows the split fill the run.
    """

    def __init__(self, users: Users, devices: np.ndarray, spec: FleetSpec, compression: float | None) -> None:
        self._sizes = [cohort.devices for cohort in spec.cohorts]
        self._before = [0, *accumulate(self._sizes)]
        span_s = users.end_s - users.split_s
        self.compression = compression or span_s / spec.duration_s
        self._times_s = [self._after(users, int(user)) for user in devices]
        self._count = np.array([len(times_s) for times_s in self._times_s], np.int64)
        self._first = np.cumsum(self._count) - self._count

    def count(self, place: Place) -> np.ndarray:
        """Return how many decisions each device of the block has, int64 [devices]."""
        return self._of(place, self._count)

    def first(self, place: Place) -> np.ndarray:
        """Return the number of the first decision of each device of the block, int64 [devices]."""
        return self._of(place, self._first)

    def times_s(self, place: Place) -> list[np.ndarray]:
        """Return when each device of the block decides, in seconds of the run: sorted, float64 [decisions] each."""
        rows = self._rows(place)
        nobody = [np.empty(0)] * (place.width - (rows.stop - rows.start))
        return self._times_s[rows] + nobody

    def _after(self, users: Users, user: int) -> np.ndarray:
        later_s = users.times_s(user)[int(users.known[user]) :]
        return (later_s - users.split_s) / self.compression

    def _of(self, place: Place, values: np.ndarray) -> np.ndarray:
        filled = np.zeros(place.width, np.int64)
        rows = self._rows(place)
        filled[: rows.stop - rows.start] = values[rows]
        return filled

    def _rows(self, place: Place) -> slice:
        """Return which devices of the fleet the block holds."""
        begin, end = self._before[place.cohort], self._before[place.cohort + 1]
        first = min(begin + place.block * place.width, end)
        return slice(first, min(first + place.width, end))
