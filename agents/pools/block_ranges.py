"""Which worker owns which blocks: contiguous ranges of about the same load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from agents.layout import Layout
from agents.orders import Orders


@dataclass(frozen=True)
class BlockRange:
    """Blocks ``first`` to ``end`` (exclusive) of the fleet."""

    first: int
    end: int


def block_ranges(loads: Sequence[float], workers: int) -> list[BlockRange]:
    """Cut blocks with these loads into at most ``workers`` contiguous shares, none of them empty."""
    workers = min(workers, len(loads))
    upto = list(accumulate(loads, initial=0.0))
    edges = [0]
    for worker in range(1, workers):
        wanted = upto[-1] * worker / workers
        near = min(range(len(upto)), key=lambda block: abs(upto[block] - wanted))
        # Every worker gets a block, and leaves one to each that follows.
        edges.append(min(max(near, edges[-1] + 1), len(loads) - workers + worker))
    return [BlockRange(first, end) for first, end in pairwise([*edges, len(loads)])]


class Owners:
    """Knows the worker of each block and device."""

    def __init__(self, layout: Layout, owned: Sequence[BlockRange]) -> None:
        self.block_ranges = owned
        self._first = layout.first[[share.first for share in owned]]

    def rows_by_worker(self, orders: Orders) -> dict[int, np.ndarray]:
        """Return worker -> places of its orders, in the order given; workers without any are left out."""
        worker = self._first.searchsorted(orders.device, side="right") - 1
        return {int(one): np.flatnonzero(worker == one) for one in np.unique(worker)}
