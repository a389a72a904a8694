"""The recent samples of a block of devices: a ring that streams are loaded into and judged from."""

from __future__ import annotations

from math import inf

import numpy as np

from agents.tasks.base import Content


class SampleRing:
    """The last ``capacity`` samples of each device, addressed by ordinal (0 is a device's first sample).

    Every field is an array [devices, capacity, ...]; the sample of ordinal n sits in slot n mod capacity.
    """

    def __init__(self, width: int, capacity: int) -> None:
        self.width, self.capacity = width, capacity
        self.loaded = np.zeros(width, np.int64)
        self.time_s = np.full((width, capacity), inf)
        self.due_s = np.full((width, capacity), inf)
        self.fields: dict[str, np.ndarray] = {}

    def load(self, time_s: np.ndarray, due_s: np.ndarray, content: Content) -> None:
        """Append one cell, [devices, samples] each; samples at +inf are padding."""
        counts = np.isfinite(time_s).sum(axis=1)
        slots = (self.loaded[:, None] + np.arange(time_s.shape[1])) % self.capacity
        self._write(self.time_s, slots, time_s)
        self._write(self.due_s, slots, due_s)
        for name, values in vars(content).items():
            if values is not None:
                self._write(self._field(name, values), slots, values)
        self.loaded += counts

    def _field(self, name: str, values: np.ndarray) -> np.ndarray:
        if name not in self.fields:
            self.fields[name] = np.zeros((self.width, self.capacity, *values.shape[2:]), values.dtype)
        return self.fields[name]

    def _write(self, target: np.ndarray, slots: np.ndarray, values: np.ndarray) -> None:
        target[np.arange(self.width)[:, None], slots] = values

    def count_until(self, rows: np.ndarray, until_s: np.ndarray) -> np.ndarray:
        """Return how many samples each of ``rows`` had seen by ``until_s`` (inclusive), int64 [rows]."""
        time_s = self.time_s[rows]
        later = (time_s > until_s[:, None]) & (time_s < inf)
        return self.loaded[rows] - later.sum(axis=1)

    def slots(self, ordinals: np.ndarray) -> np.ndarray:
        return ordinals % self.capacity

    def newest(self, rows: np.ndarray, at_s: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the newest ``n`` samples at ``at_s``: (slots [rows, n], count [rows]), oldest first, right padded."""
        seen = self.count_until(rows, at_s)
        count = np.minimum(seen, n)
        ordinals = (seen - count)[:, None] + np.arange(n)
        return self.slots(ordinals), count

    def newest_labelled(self, rows: np.ndarray, at_s: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the newest ``n`` samples whose label is due by ``at_s``; shapes as :meth:`newest`."""
        last = self.loaded[rows][:, None] - 1
        ordinals = last - (last - np.arange(self.capacity)) % self.capacity
        known = (self.time_s[rows] <= at_s[:, None]) & (self.due_s[rows] <= at_s[:, None])
        ordinals = np.where(known, ordinals, -1)
        newest = -np.sort(-ordinals, axis=1)[:, :n]
        count = (newest >= 0).sum(axis=1)
        # Oldest first: turn each row round and move its padding behind.
        turned = np.take_along_axis(newest, (count[:, None] - 1 - np.arange(newest.shape[1])) % n, axis=1)
        return self.slots(turned), count
