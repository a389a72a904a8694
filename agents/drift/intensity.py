"""Transitions of strength: the concept goes level by level from what it was towards a target.

Every concept on the way is one of a finite number, so that a model's features can be tabulated under each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from agents.drift.concept_table import Table
from agents.drift.concepts import Concept, between
from agents.drift.random_walks import RandomWalks
from agents.drift.transitions import Abrupt, AffectedSamples, periods_s

#: ``level_count[origin]``: the concepts of all levels, int16 [origins, levels + 1], the first the origin itself.
Levels = np.ndarray


@dataclass(frozen=True)
class Incremental(Abrupt):
    """Up the levels in equal times; it counts as one change, at its start."""

    targets: tuple[int, ...]
    takes_s: float
    levels: Levels

    @property
    def seen(self) -> tuple[int, ...]:
        return levels_of(self.levels)

    @property
    def _level_numbers(self) -> int:
        return self.levels.shape[1] - 1

    def follow(self, concept: np.ndarray, affected: AffectedSamples) -> np.ndarray:
        level = affected.turn(self.takes_s / self._level_numbers) + 1
        return self.levels[concept, np.clip(level, 1, self._level_numbers)]

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return start_s[:, None] + np.arange(self._level_numbers) * (self.takes_s / self._level_numbers)

    def counts(self, moments: int) -> np.ndarray:
        return np.arange(moments) == 0


@dataclass(frozen=True)
class RandomWalk(Abrupt):
    """Up and down the levels at random, each device on its own, a step every ``every_s`` from the start on.

    The strength starts at the origin's (0), takes normal steps, and is reflected at 0 and at full strength (1). A
    device is at the level nearest to its strength. Every change of level is a change of concept.
    """

    levels: Levels
    every_s: float
    walks: RandomWalks = field(repr=False)
    takes_s: float = np.inf

    @property
    def targets(self) -> tuple[int, ...]:
        return self.seen

    @property
    def seen(self) -> tuple[int, ...]:
        return levels_of(self.levels)

    def follow(self, concept: np.ndarray, affected: AffectedSamples) -> np.ndarray:
        strength = self.walks.strength(affected.block, affected.row, affected.turn(self.every_s) + 1)
        return self.levels[concept, np.rint(strength * (self.levels.shape[1] - 1)).astype(np.intp)]

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return periods_s(start_s, self.every_s, end_s)


def make_levels(target: Concept, level_count: int, at_s: float, table: Table) -> Levels:
    """Return the levels from every concept that may be in force when the entry starts; all enter the table.

    Raises:
        ValueError: no levels, or a transform on the way that has no half strength.
    """
    if level_count < 1:
        raise ValueError(f"steps={level_count} must be >= 1")
    origins = table.origins(at_s)
    levels = np.zeros((max(origins) + 1, level_count + 1), np.int16)
    for origin in origins:
        start = table.concepts[origin]
        on_the_way = [between(start, target, level / level_count, table.neutral) for level in range(1, level_count + 1)]
        levels[origin] = [origin, *map(table.index, on_the_way)]
    return levels


def levels_of(levels: Levels) -> tuple[int, ...]:
    """Return every concept of the levels, each once."""
    return tuple(np.unique(levels).tolist())
