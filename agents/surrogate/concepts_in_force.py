"""Which concept each device followed when, as arrays that can be asked for any device and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Pieces(NamedTuple):
    """Stretches in which a device follows one concept with a share of its samples; arrays [stretches]."""

    device: np.ndarray
    from_s: np.ndarray
    until_s: np.ndarray
    concept: np.ndarray
    share: np.ndarray

    def take(self, rows: np.ndarray) -> Pieces:
        """Return some stretches."""
        return Pieces(*(values[rows] for values in self))

    @property
    def middle_s(self) -> np.ndarray:
        """The middle of each stretch [s]."""
        return (self.from_s + self.until_s) / 2


class ConceptsInForce:
    """The ground truth of a run (``device from_s until_s concept share_from share_until``, by device and time)."""

    def __init__(self, truth: Mapping[str, np.ndarray]) -> None:
        shares = truth["share_from"], truth["share_until"]
        share = np.mean(shares, axis=0)
        self._all = Pieces(truth["device"], truth["from_s"], truth["until_s"], truth["concept"], share)
        self._shares = shares
        # While concepts mix, the one that most samples follow stands for both; of two halves the later one.
        most = self._all.take(np.flatnonzero(self._all.share >= 0.5))
        fresh = np.ones(len(most.device), bool)
        fresh[1:] = (most.device[1:] != most.device[:-1]) | (most.concept[1:] != most.concept[:-1])
        rows = np.flatnonzero(fresh)
        self._device, self._since_s, self._concept = most.device[rows], most.from_s[rows], most.concept[rows]
        self._first = np.searchsorted(self._device, np.arange(int(self._device.max(initial=-1)) + 2))

    def at(self, device: np.ndarray, at_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the concept that each device follows just before a time, and since when [s]: arrays [devices]."""
        low, high = self._first[device], self._first[device + 1]
        place = low.copy()
        # Devices have few concepts: step on together until none is left that began before its time.
        while True:
            further = (place + 1 < high) & (self._since_s[np.minimum(place + 1, len(self._since_s) - 1)] < at_s)
            if not further.any():
                return self._concept[place], self._since_s[place]
            place += further

    def within(self, after_s: float, until_s: float) -> Pieces:
        """Return the stretches of (after, until], by device and time, with the mean share of each."""
        rows = np.flatnonzero((self._all.from_s < until_s) & (self._all.until_s > after_s))
        whole = self._all.take(rows)
        from_s, end_s = np.maximum(whole.from_s, after_s), np.minimum(whole.until_s, until_s)
        first, last = (share[rows] for share in self._shares)
        gone = ((from_s + end_s) / 2 - whole.from_s) / (whole.until_s - whole.from_s)
        return Pieces(whole.device, from_s, end_s, whole.concept, first + (last - first) * gone)
