"""How a fleet is cut into blocks: by cohort, in device order, whatever the number of workers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from copy import copy
from typing import TypeVar

import numpy as np

from agents.contract import CohortSpec, Collect, Discard, Install, Progress
from agents.tasks.base import Place

#: Devices in a block. Fixed, because the shape of a batch decides the last bits of its results.
WIDTH = 256

SomeOrder = TypeVar("SomeOrder", Collect, Install, Progress, Discard)


class Layout:
    """Which block and row each device lives in; blocks are numbered in device order."""

    def __init__(self, cohorts: Sequence[CohortSpec], width: int = WIDTH) -> None:
        self.cohorts = len(cohorts)
        self.places: list[Place] = []
        self.devices: list[int] = []
        self.first: list[int] = []
        self.cohort_of_block: list[int] = []
        start = 0
        for cohort, spec in enumerate(cohorts):
            for block, offset in enumerate(range(0, spec.devices, width)):
                self.places.append(Place(cohort, block, width))
                self.devices.append(min(width, spec.devices - offset))
                self.first.append(start + offset)
                self.cohort_of_block.append(cohort)
            start += spec.devices

    def within(self, first: int, end: int) -> Layout:
        """Return blocks ``first`` to ``end`` (exclusive) alone; devices keep their numbers in the fleet."""
        part = copy(self)
        part.places, part.devices = self.places[first:end], self.devices[first:end]
        part.first, part.cohort_of_block = self.first[first:end], self.cohort_of_block[first:end]
        return part

    def by_block(self, orders: Sequence[SomeOrder]) -> Iterator[tuple[int, list[SomeOrder], np.ndarray]]:
        """Yield (block, its orders in the order given, their rows), block by block."""
        parts: dict[int, list[SomeOrder]] = {}
        for order in orders:
            parts.setdefault(bisect_right(self.first, order.device) - 1, []).append(order)
        for block in sorted(parts):
            rows = np.array([order.device - self.first[block] for order in parts[block]], np.int64)
            yield block, parts[block], rows
