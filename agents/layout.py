"""How a fleet is cut into blocks: by cohort, in device order, for any number of workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property
from itertools import pairwise

import numpy as np

from agents.contract import CohortSpec
from agents.orders import Orders
from agents.streams.base import BlockId

#: Devices in a block: streams are drawn for all of them at once, present or not.
WIDTH = 256
#: Blocks that are stacked, at most: many devices share each call, and what calls work on still fits into memory.
BLOCKS_PER_GROUP = 8


class Layout:
    """Which block and row each device lives in; blocks are numbered in device order."""

    def __init__(self, cohorts: Sequence[CohortSpec], width: int = WIDTH) -> None:
        self.cohorts, self.width = len(cohorts), width
        self.block_ids: list[BlockId] = []
        self.devices: list[int] = []
        self.cohort_of_block: list[int] = []
        first, start = [], 0
        for cohort, spec in enumerate(cohorts):
            for block, offset in enumerate(range(0, spec.devices, width)):
                self.block_ids.append(BlockId(cohort, block, width))
                self.devices.append(min(width, spec.devices - offset))
                first.append(start + offset)
                self.cohort_of_block.append(cohort)
            start += spec.devices
        self.first = np.array(first, np.int64)

    def within(self, first: int, end: int) -> Layout:
        """Return blocks ``first`` to ``end`` (exclusive) alone; devices keep their numbers in the fleet."""
        part = copy(self)
        part.block_ids, part.devices = self.block_ids[first:end], self.devices[first:end]
        part.first, part.cohort_of_block = self.first[first:end], self.cohort_of_block[first:end]
        vars(part).pop("groups", None)
        return part

    @cached_property
    def groups(self) -> list[slice]:
        """Which blocks are stacked: such that follow each other, of one cohort."""
        groups: list[slice] = []
        for block, cohort in enumerate(self.cohort_of_block):
            last = groups[-1] if groups else slice(0, 0)
            if block and self.cohort_of_block[last.start] == cohort and block - last.start < BLOCKS_PER_GROUP:
                groups[-1] = slice(last.start, block + 1)
            else:
                groups.append(slice(block, block + 1))
        return groups

    def by_group(self, orders: Orders) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield (stack, places of its orders in their order, their rows), stack by stack."""
        firsts = self.first[[blocks.start for blocks in self.groups]]
        stack = firsts.searchsorted(orders.device, side="right") - 1
        order = stack.argsort(kind="stable")
        stack = stack[order]
        ends = [*(np.flatnonzero(stack[1:] != stack[:-1]) + 1).tolist(), len(stack)]
        for first, end in pairwise([0, *ends] if len(stack) else []):
            number, mine = int(stack[first]), order[first:end]
            yield number, mine, orders.device[mine] - firsts[number]
