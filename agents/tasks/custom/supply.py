"""How much of a user's stream each device has, and when it comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.streams.base import BlockId
from agents.tasks.custom.stream import CustomStream

#: A device whose stream never ends.
_ENDLESS = 1 << 62


class CustomSupply:
    """How many samples the devices of a user's stream have, and when; padding rows behind a cohort's last have none."""

    def __init__(self, own: CustomStream, cohorts: Sequence[tuple[str, int]]) -> None:
        self._own, self._cohorts = own, cohorts
        self._known: dict[BlockId, np.ndarray] = {}

    def count(self, block: BlockId) -> np.ndarray:
        """Return how many samples each device of the block has, int64 [devices]."""
        if block not in self._known:
            self._known[block] = np.array([self._count_of(block, row) for row in range(block.width)], np.int64)
        return self._known[block]

    def times_s(self, block: BlockId) -> list[np.ndarray]:
        """Return when each device of the block sees its samples [s]."""
        return [self._times_of(block, row) for row in range(block.width)]

    def _count_of(self, block: BlockId, row: int) -> int:
        cohort, devices = self._cohorts[block.cohort]
        device = block.block * block.width + row
        if device >= devices:
            return 0
        count, times_s = self._own.count(cohort, device), self._own.times_s(cohort, device)
        limits = [number for number in (count, None if times_s is None else len(times_s)) if number is not None]
        return min(limits, default=_ENDLESS)

    def _times_of(self, block: BlockId, row: int) -> np.ndarray:
        cohort, devices = self._cohorts[block.cohort]
        device = block.block * block.width + row
        if device >= devices:
            return np.empty(0)
        times_s = self._own.times_s(cohort, device)
        if times_s is None:
            raise ValueError(f"{type(self._own).__name__}.times_s returns no times; use poisson or periodic arrivals")
        times_s = np.asarray(times_s, np.float64)
        if (np.diff(times_s) < 0).any() or not np.isfinite(times_s).all() or (times_s < 0).any():
            raise ValueError(f"{type(self._own).__name__}.times_s: times of device {device} are not sorted, from 0 on")
        return times_s
