"""What all blocks of a cohort share: its task, its method, and how samples arrive and are evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from agents.contract import COHORT_COLUMNS, DEVICE_COLUMNS, LEARNING_COLUMNS, STEPS_COLUMN, TICKS_TOGETHER, Watch
from agents.evaluation.features import Features
from agents.evaluation.prequential import Evaluator
from agents.methods.base import Method
from agents.streams.arrivals import Arrivals
from agents.streams.base import Task

#: Samples of a device that wait at the end of an interval, at most, those of the cell that reaches beyond it included.
MOST_WAITING = 96


@dataclass(frozen=True)
class CohortParts:
    """What all blocks of a cohort share: read-only."""

    seed: int
    task: Task
    features: Features
    evaluator: Evaluator
    method: Method
    arrivals: Arrivals
    tick_s: float
    history: int
    learns: bool = False
    watch: tuple[Watch | str, ...] = ()
    logged: tuple[int, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What is counted of each cohort."""
        return COHORT_COLUMNS + self.evaluator.columns + LEARNING_COLUMNS * self.learns

    @property
    def device_columns(self) -> tuple[str, ...]:
        """What is counted of each device."""
        return DEVICE_COLUMNS + (STEPS_COLUMN,) * self.learns


def ring_capacity(parts: CohortParts) -> int:
    """Return the ring's size at first: the window, what may wait, and the cell that reaches beyond it."""
    arrivals = parts.arrivals
    if arrivals.silent:
        return max(parts.history, 1)
    most = arrivals.most_within(TICKS_TOGETHER * parts.tick_s + arrivals.chunk_s)
    full = MOST_WAITING + arrivals.most_within(parts.tick_s + arrivals.chunk_s)
    return parts.history + min(most, full) + 1
