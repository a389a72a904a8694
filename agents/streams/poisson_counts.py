"""How many points of a Poisson process lie before a cell, without drawing the cells before it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from agents.seeding import Purpose, rng
from agents.streams.base import BlockId

#: Cells of the whole of time are 2 to this power: years of virtual time at a sample a millisecond.
_LEVELS = 36


@dataclass(frozen=True)
class _Node:
    """Cells ``number`` of a level: how many points lie before them, and in them, int64 [devices]."""

    number: int
    before: np.ndarray
    inside: np.ndarray


@dataclass
class ArrivalCounts:
    """Counts of Poisson arrivals in cells of mean ``per_chunk``, for every device of a block on its own.

    All of time has a Poisson number of points; each half of a span has its share of them by fair coins, and so
    down to single cells. That is exactly a Poisson process (Kingman 1993, 2.4), every cell costs the same whichever
    were asked before, and cells asked one after the other share all but the last few coins.
    """

    seed: int
    per_chunk: int
    _paths: dict[BlockId, list[_Node]] = field(default_factory=dict, repr=False)

    def of(self, block: BlockId, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how many points lie before cell ``index`` and how many in it, each int64 [devices]."""
        path = self._paths.setdefault(block, [])
        while path and path[-1].number != index >> (_LEVELS - (len(path) - 1)):
            path.pop()
        if not path:
            path.append(self._everything(block))
        while len(path) <= _LEVELS:
            path.append(self._half(block, path[-1], len(path), index >> (_LEVELS - len(path))))
        return path[-1].before, path[-1].inside

    def __getstate__(self) -> dict[str, object]:
        # What was drawn can be drawn again: it need not travel to workers.
        return {"seed": self.seed, "per_chunk": self.per_chunk, "_paths": {}}

    def _everything(self, block: BlockId) -> _Node:
        draw = rng(self.seed, Purpose.ARRIVAL_COUNT, block.cohort, block.block, 0)
        inside = draw.poisson(float(self.per_chunk) * 2.0**_LEVELS, block.width)
        return _Node(0, np.zeros(block.width, np.int64), inside)

    def _half(self, block: BlockId, whole: _Node, level: int, number: int) -> _Node:
        # Nodes are numbered as in a heap: the level's first node, then along it.
        draw = rng(self.seed, Purpose.ARRIVAL_COUNT, block.cohort, block.block, (1 << level - 1) + whole.number + 1)
        left = draw.binomial(whole.inside, 0.5)
        if number % 2 == 0:
            return _Node(number, whole.before, left)
        return _Node(number, whole.before + left, whole.inside - left)
