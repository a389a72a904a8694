"""Arrivals whose rate follows the concept in force."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from agents.contract import CohortSpec, InputError
from agents.contract.errors import error_location
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId, Chunk, Task

if TYPE_CHECKING:
    from agents.drift.schedule import Schedule


class ModulatedArrivals(Arrivals):
    """A Poisson process at the largest rate of all concepts, thinned to the rate of the concept in force.

    A sample stays with the probability (reigning rate / largest rate), decided by a uniform of its own, and what stays
    is a Poisson process of the reigning rate (Lewis and Shedler, Naval Research Logistics Quarterly, 1979). Cells
    remain random access. While concepts mix, the rate is the mean of theirs, weighted as they are mixed.
    """

    def __init__(self, seed: int, spec: CohortSpec, schedule: Schedule) -> None:
        self._peak, self._schedule = schedule.peak(spec.index), schedule
        super().__init__(seed, replace(spec, interval_s=spec.interval_s / self._peak))

    def chunk(self, block: BlockId, index: int) -> tuple[Chunk, np.ndarray]:
        """Return one cell, thinned, and when its labels are due."""
        dense, due_s = super().chunk(block, index)
        generator = rng(self._seed, Purpose.THINNING, block.cohort, block.block, index)
        side, uniforms_of = generator.random((2, *dense.valid.shape))
        concept = self._schedule.concept(block, np.where(dense.valid, dense.time_s, -inf), side)
        time_s = np.where(uniforms_of * self._peak < self._schedule.factors[concept], dense.time_s, inf)
        order = time_s.argsort(axis=1, kind="stable")
        time_s, due_s = np.take_along_axis(time_s, order, 1), np.take_along_axis(due_s, order, 1)
        valid = np.isfinite(time_s)
        return Chunk(block, index, time_s, valid), np.where(valid, due_s, inf)


def make_arrivals(seed: int, spec: CohortSpec, task: Task) -> Arrivals:
    """Return the arrivals of a cohort, paced by drift where drift changes their rate.

    Raises:
        InputError: it does, but the samples are recorded or periodic.
    """
    schedule = schedule_of(task)
    if schedule is None or not schedule.paces(spec.index):
        with error_location(f"fleet.{spec.index}.samples.arrivals"):
            return Arrivals(seed, spec, task.supply)
    if task.supply is not None or spec.arrivals != "poisson":
        raise InputError("drift", "a factor on arrivals needs poisson arrivals of samples that are not recorded")
    return ModulatedArrivals(seed, spec, schedule)


def schedule_of(task: Task) -> Schedule | None:
    """Return the drift schedule that a task follows; one of the user's own may have none."""
    return getattr(task, "schedule", None)
