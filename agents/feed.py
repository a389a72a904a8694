"""The samples of a block: drawn cell by cell, a little ahead of time, and remembered while somebody may want them."""

from __future__ import annotations

from math import inf

import numpy as np

from agents.arrivals import Arrivals
from agents.contract import Kept
from agents.samples import SampleRing
from agents.seeding import Purpose, rng
from agents.tasks.base import Cell, Place, Task


class Feed:
    """The streams of one block, and how far they were judged.

    Attributes:
        ring: at least the last ``history`` samples of each device that were judged, and all that come after them.
        judged: how many samples of each device were judged, int64 [devices]: whoever judges writes it.
    """

    def __init__(self, seed: int, task: Task, arrivals: Arrivals, place: Place, history: int, capacity: int) -> None:
        self._seed, self._task, self._arrivals, self._place = seed, task, arrivals, place
        self._history, self._cells = history, 0
        self.ring = SampleRing(place.width, capacity)
        self.judged = np.zeros(place.width, np.int64)

    @property
    def waiting(self) -> np.ndarray:
        """How many samples of each device were drawn and not judged, int64 [devices]."""
        return self.ring.loaded - self.judged

    def load(self, until_s: float) -> None:
        """Draw all samples up to ``until_s``; what is there already stays as it is."""
        if not self.ring.fields:
            self._load_nothing()
        while not self._arrivals.silent and self._cells * self._arrivals.cell_s < until_s:
            self._load_cell()

    def _load_nothing(self) -> None:
        """Give the ring its fields: a device may ask before its first sample, or never have one."""
        nothing_s = np.full((self._place.width, 1), inf)
        nothing = Cell(self._place, 0, nothing_s, nothing_s < inf, np.zeros(nothing_s.shape, np.int64))
        self.ring.load(nothing_s, nothing_s, self._task.draw(nothing, self._chance(0)))

    def _load_cell(self) -> None:
        cell, due_s = self._arrivals.cell(self._place, self._cells)
        unjudged = self.waiting + np.count_nonzero(cell.valid, axis=1)
        self.ring.make_room(self._history + int(unjudged.max()))
        self.ring.load(cell.time_s, due_s, self._task.draw(cell, self._chance(self._cells)))
        self._cells += 1

    def _chance(self, cell: int) -> np.random.Generator:
        return rng(self._seed, Purpose.CONTENT, self._place.cohort, self._place.block, cell)

    def checkpoint(self) -> Kept:
        """Return how far the streams were drawn and judged, by name."""
        counts = {"loaded": self.ring.loaded.copy(), "judged": self.judged.copy()}
        return counts | {"cells": np.array(self._cells), "capacity": np.array(self.ring.capacity)}

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called; takes the arrays over.

        The ring is filled as it was then: its last cells are drawn again.
        """
        self.judged = kept["judged"]
        capacity, cells = int(kept["capacity"]), int(kept["cells"])
        self.ring = SampleRing(self._place.width, capacity)
        first, before = cells, kept["loaded"].copy()
        while first and (kept["loaded"] - before).min() < capacity:
            first -= 1
            before -= self._arrivals.cell(self._place, first)[0].valid.sum(axis=1)
        self._cells, self.ring.loaded = first, before
        while self._cells < cells:
            self._load_cell()
