"""How a fleet is cut into blocks: by cohort, in device order, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from itertools import pairwise

import numpy as np

from agents.contract import CohortSpec, Orders
from agents.tasks.base import Place

#: Devices in a block. Fixed, because the shape of a batch decides the last bits of its results.
WIDTH = 256


class Layout:
    """Which block and row each device lives in; blocks are numbered in device order."""

    def __init__(self, cohorts: Sequence[CohortSpec], width: int = WIDTH) -> None:
        self.cohorts, self.width = len(cohorts), width
        self.places: list[Place] = []
        self.devices: list[int] = []
        self.cohort_of_block: list[int] = []
        first, start = [], 0
        for cohort, spec in enumerate(cohorts):
            for block, offset in enumerate(range(0, spec.devices, width)):
                self.places.append(Place(cohort, block, width))
                self.devices.append(min(width, spec.devices - offset))
                first.append(start + offset)
                self.cohort_of_block.append(cohort)
            start += spec.devices
        self.first = np.array(first, np.int64)

    def within(self, first: int, end: int) -> Layout:
        """Return blocks ``first`` to ``end`` (exclusive) alone; devices keep their numbers in the fleet."""
        part = copy(self)
        part.places, part.devices = self.places[first:end], self.devices[first:end]
        part.first, part.cohort_of_block = self.first[first:end], self.cohort_of_block[first:end]
        return part

    def by_block(self, orders: Orders) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield (block, places of its orders in their order, their rows), block by block."""
        block = self.first.searchsorted(orders.device, side="right") - 1
        order = block.argsort(kind="stable")
        block = block[order]
        ends = [*(np.flatnonzero(block[1:] != block[:-1]) + 1).tolist(), len(block)]
        for first, end in pairwise([0, *ends] if len(block) else []):
            number, mine = int(block[first]), order[first:end]
            yield number, mine, orders.device[mine] - self.first[number]
