"""Random walks that can be looked up anywhere: step a million costs as little as step one.

A walk of independent normal steps, looked at only every 64 steps, is again such a walk. That coarse walk is built
by halving (Levy's construction: given both ends, a midpoint is normal about their mean), so that any of its points
needs about two normals per doubling of its number; the 64 steps between two points are a bridge that joins them.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
from scipy.special import ndtri

from agents.drift.onset import device_keys
from agents.seeding import Purpose, uniforms
from agents.streams.base import BlockId

#: Steps of a page: what is drawn, and kept, at once.
PAGE = 64
#: Pages kept: a block asks for the same ones again and again.
_KEPT = 512


class RandomWalks:
    """The strengths of all devices under one schedule entry: reflected at 0 and 1, step 0 at 0.

    ``step`` is the standard deviation of a step. A walk folded at 0 and 1 is the walk reflected there, because its
    steps are as likely up as down.
    """

    purpose = Purpose.DRIFT_WALK

    def __init__(self, seed: int, entry: int, step: float) -> None:
        self._seed, self._entry, self._step = seed, entry, step
        self._pages: OrderedDict[tuple[BlockId, int], np.ndarray] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_pages": OrderedDict()}

    def strength(self, block: BlockId, row: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the strength in [0, 1] of devices ``row`` after ``step`` steps; arrays [samples]."""
        page, within = np.divmod(step, PAGE)
        strength = np.zeros(step.shape)
        for number in np.unique(page).tolist():
            asked = page == number
            strength[asked] = self._page(block, number)[row[asked], within[asked]]
        return strength

    def keys(self, block: BlockId) -> np.ndarray:
        """Return a number for the walk of each device of the block: uint64 [devices]."""
        return device_keys(block)

    def shown(self, walk: np.ndarray) -> np.ndarray:
        """Return the values of an unreflected walk."""
        return folded(walk)

    def _page(self, block: BlockId, number: int) -> np.ndarray:
        key = (block, number)
        if key not in self._pages:
            self._pages[key] = self.shown(self._step * self._drawn(self.keys(block), number))
            if len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(key)
        return self._pages[key]

    def _drawn(self, keys: np.ndarray, number: int) -> np.ndarray:
        """Return the walk with unit steps after ``64 * number`` to ``64 * number + 63`` steps: [devices, 64]."""
        first, last = (np.sqrt(PAGE) * self._coarse(keys, point) for point in (number, number + 1))
        ids = (1 << 40) + number * PAGE + np.arange(PAGE)
        free = self._normals(keys[:, None], ids).cumsum(1)
        share = np.arange(1, PAGE + 1) / PAGE
        bridged = first[:, None] + free - share * (free[:, -1] - (last - first))[:, None]
        return np.concatenate([first[:, None], bridged[:, :-1]], 1)

    def _coarse(self, keys: np.ndarray, point: int) -> np.ndarray:
        """Return the walk of unit steps after ``point`` steps: float64 [devices]."""
        if point == 0:
            return np.zeros(len(keys))
        low, at_low = 1, self._normals(keys, 1)
        while 2 * low <= point:
            at_low = at_low + np.sqrt(low) * self._normals(keys, 2 * low)
            low *= 2
        if low == point:
            return at_low
        high = 2 * low
        at_high = at_low + np.sqrt(low) * self._normals(keys, high)
        while True:
            middle = (low + high) // 2
            at_middle = (at_low + at_high) / 2 + np.sqrt((high - low) / 4) * self._normals(keys, middle)
            if middle == point:
                return at_middle
            if middle < point:
                low, at_low = middle, at_middle
            else:
                high, at_high = middle, at_middle

    def _normals(self, keys: np.ndarray, ids: np.ndarray | int) -> np.ndarray:
        return np.asarray(ndtri(uniforms(self._seed, self.purpose, keys, ids + (self._entry << 48))))


def folded(strength: np.ndarray) -> np.ndarray:
    """Return a walk on the whole line folded into [0, 1]: reflected at both ends."""
    along = np.abs(strength) % 2.0
    return np.minimum(along, 2.0 - along)
