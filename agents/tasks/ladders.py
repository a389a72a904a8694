"""Moves of strength: the world goes rung by rung of a ladder from what it was towards a target.

Every concept on the way is one of a finite number, so that a model's features can be tabulated under each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from agents.tasks.concept_table import Table
from agents.tasks.concepts import Concept, between
from agents.tasks.moves import Abrupt, Passage, periods_s
from agents.tasks.walks import Walks

#: ``rungs[origin]``: the concepts of all rungs, int16 [origins, rungs + 1], the first the origin itself.
Ladder = np.ndarray


@dataclass(frozen=True)
class Incremental(Abrupt):
    """Up the ladder in equal times; it counts as one change, at its start."""

    targets: tuple[int, ...]
    takes_s: float
    ladder: Ladder

    @property
    def seen(self) -> tuple[int, ...]:
        return rungs_of(self.ladder)

    @property
    def _rungs(self) -> int:
        return self.ladder.shape[1] - 1

    def follow(self, concept: np.ndarray, passage: Passage) -> np.ndarray:
        rung = passage.turn(self.takes_s / self._rungs) + 1
        return self.ladder[concept, np.clip(rung, 1, self._rungs)]

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return start_s[:, None] + np.arange(self._rungs) * (self.takes_s / self._rungs)

    def counts(self, moments: int) -> np.ndarray:
        return np.arange(moments) == 0


@dataclass(frozen=True)
class RandomWalk(Abrupt):
    """Up and down the ladder at random, each device on its own, a step every ``every_s`` from the start on.

    The strength starts at the origin's (0), takes normal steps, and is reflected at 0 and at full strength (1). A
    device stands on the rung nearest to its strength. Every change of rung is a change of concept.
    """

    ladder: Ladder
    every_s: float
    walks: Walks = field(repr=False)
    takes_s: float = np.inf

    @property
    def targets(self) -> tuple[int, ...]:
        return self.seen

    @property
    def seen(self) -> tuple[int, ...]:
        return rungs_of(self.ladder)

    def follow(self, concept: np.ndarray, passage: Passage) -> np.ndarray:
        strength = self.walks.strength(passage.place, passage.row, passage.turn(self.every_s) + 1)
        return self.ladder[concept, np.rint(strength * (self.ladder.shape[1] - 1)).astype(np.intp)]

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return periods_s(start_s, self.every_s, end_s)


def make_ladder(target: Concept, rungs: int, at_s: float, table: Table) -> Ladder:
    """Return the rungs from every concept that may reign when the line starts; all of them enter the table.

    Raises:
        ValueError: no rungs, or something on the way that has no half.
    """
    if rungs < 1:
        raise ValueError(f"steps={rungs} must be >= 1")
    origins = table.origins(at_s)
    ladder = np.zeros((max(origins) + 1, rungs + 1), np.int16)
    for origin in origins:
        start = table.concepts[origin]
        on_the_way = [between(start, target, rung / rungs, table.neutral) for rung in range(1, rungs + 1)]
        ladder[origin] = [origin, *map(table.index, on_the_way)]
    return ladder


def rungs_of(ladder: Ladder) -> tuple[int, ...]:
    """Return every concept on a ladder, each once."""
    return tuple(np.unique(ladder).tolist())
