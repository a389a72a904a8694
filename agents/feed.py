"""The samples of some blocks: drawn cell by cell, a little ahead of time, and kept while somebody may want them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from agents.arrivals import Arrivals
from agents.contract import Kept
from agents.keeping import joined
from agents.samples import SampleRing
from agents.seeding import Purpose, rng
from agents.tasks.base import Cell, Place, Task


class Feed:
    """The streams of some blocks, one behind the other, and how far they were judged.

    Attributes:
        ring: at least the last ``history`` samples of each device that were judged, and all that come after them.
        judged: how many samples of each device were judged, int64 [devices]: whoever judges writes it.
    """

    def __init__(
        self, seed: int, task: Task, arrivals: Arrivals, places: Sequence[Place], history: int, capacity: int
    ) -> None:
        self._seed, self._task, self._arrivals, self._places = seed, task, arrivals, places
        self._history, self._cells = history, 0
        self._width = len(places) * places[0].width
        self.ring = SampleRing(self._width, capacity)
        self.judged = np.zeros(self._width, np.int64)

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
        place = self._places[0]
        nothing_s = np.full((place.width, 1), inf)
        nothing = Cell(place, 0, nothing_s, nothing_s < inf, np.zeros(nothing_s.shape, np.int64))
        self.ring.load(0, nothing_s, nothing_s, self._task.draw(nothing, self._chance(place, 0)))

    def _load_cell(self) -> None:
        cells = [self._arrivals.cell(place, self._cells) for place in self._places]
        coming = np.concatenate([np.count_nonzero(cell.valid, axis=1) for cell, _ in cells])
        self.ring.make_room(self._history + int((self.waiting + coming).max()))
        for number, (cell, due_s) in enumerate(cells):
            content = self._task.draw(cell, self._chance(cell.place, self._cells))
            self.ring.load(number * cell.place.width, cell.time_s, due_s, content)
        self._cells += 1

    def _chance(self, place: Place, cell: int) -> np.random.Generator:
        return rng(self._seed, Purpose.CONTENT, place.cohort, place.block, cell)

    def checkpoint(self, rows: slice) -> Kept:
        """Return how far the streams of one block were drawn and judged."""
        counts = {"loaded": self.ring.loaded[rows].copy(), "judged": self.judged[rows].copy()}
        return counts | {"cells": np.array([self._cells]), "capacity": np.array([self.ring.capacity])}

    def restore(self, kept: Sequence[Kept]) -> None:
        """Go to where :meth:`checkpoint` was called; the ring is filled again: its last cells are drawn anew."""
        whole = joined(kept)
        self.judged, loaded = whole["judged"], whole["loaded"]
        # All blocks of a cohort are drawn up to the same time when an interval is closed.
        [cells] = np.unique(whole["cells"]).tolist()
        capacity = int(whole["capacity"].max())
        self.ring = SampleRing(self._width, capacity)
        first, before = cells, loaded.copy()
        while first and (loaded - before).min() < capacity:
            first -= 1
            drawn = [self._arrivals.cell(place, first)[0].valid for place in self._places]
            before -= np.concatenate([np.count_nonzero(valid, axis=1) for valid in drawn])
        self._cells, self.ring.loaded = first, before
        while self._cells < cells:
            self._load_cell()
