"""How many points of a Poisson process lie before a cell, without drawing the cells before it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from agents.seeding import Purpose, rng
from agents.tasks.base import Place

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
    """Counts of Poisson arrivals in cells of mean ``per_cell``, for every device of a block on its own.

    All of time has a Poisson number of points; each half of a span has its share of them by fair coins, and so
    down to single cells. That is exactly a Poisson process (Kingman 1993, 2.4), every cell costs the same whatever was
    asked before, and cells asked one after the other share all but the last few coins.
    """

    seed: int
    per_cell: int
    _paths: dict[Place, list[_Node]] = field(default_factory=dict, repr=False)

    def of(self, place: Place, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how many points lie before cell ``index`` and how many in it, each int64 [devices]."""
        path = self._paths.setdefault(place, [])
        while path and path[-1].number != index >> (_LEVELS - (len(path) - 1)):
            path.pop()
        if not path:
            path.append(self._everything(place))
        while len(path) <= _LEVELS:
            path.append(self._half(place, path[-1], len(path), index >> (_LEVELS - len(path))))
        return path[-1].before, path[-1].inside

    def __getstate__(self) -> dict[str, object]:
        # What was drawn can be drawn again: it need not travel to workers.
        return {"seed": self.seed, "per_cell": self.per_cell, "_paths": {}}

    def _everything(self, place: Place) -> _Node:
        draw = rng(self.seed, Purpose.ARRIVAL_COUNT, place.cohort, place.block, 0)
        inside = draw.poisson(float(self.per_cell) * 2.0**_LEVELS, place.width)
        return _Node(0, np.zeros(place.width, np.int64), inside)

    def _half(self, place: Place, whole: _Node, level: int, number: int) -> _Node:
        # Nodes are numbered as in a heap: the level's first node, then along it.
        draw = rng(self.seed, Purpose.ARRIVAL_COUNT, place.cohort, place.block, (1 << level - 1) + whole.number + 1)
        left = draw.binomial(whole.inside, 0.5)
        if number % 2 == 0:
            return _Node(number, whole.before, left)
        return _Node(number, whole.before + left, whole.inside - left)
