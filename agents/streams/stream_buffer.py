"""The samples of some blocks: drawn cell by cell, a little ahead of time, and kept while they may be needed."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from agents.checkpoint_names import concatenated
from agents.contract import Snapshot
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId, Chunk, Task
from agents.streams.ring_buffer import SampleRing


class StreamBuffer:
    """The streams of some blocks, one behind the other, and how far they were evaluated.

    Attributes:
        ring: at least the last ``history`` samples of each device that were judged, and all that come after them.
        judged: how many samples of each device were evaluated, int64 [devices]: the evaluator writes it.
    """

    def __init__(
        self, seed: int, task: Task, arrivals: Arrivals, block_ids: Sequence[BlockId], history: int, capacity: int
    ) -> None:
        self._seed, self._task, self._arrivals, self._block_ids = seed, task, arrivals, block_ids
        self._history, self._chunks = history, 0
        self._width = len(block_ids) * block_ids[0].width
        self.ring = SampleRing(self._width, capacity)
        self.judged = np.zeros(self._width, np.int64)

    @property
    def waiting(self) -> np.ndarray:
        """How many samples of each device were drawn and not evaluated, int64 [devices]."""
        return self.ring.loaded - self.judged

    def load(self, until_s: float) -> None:
        """Draw all samples up to ``until_s``; what is there already stays as it is."""
        if not self.ring.fields:
            self._load_nothing()
        while not self._arrivals.silent and self._chunks * self._arrivals.chunk_s < until_s:
            self._load_chunk()

    def _load_nothing(self) -> None:
        """Give the ring its fields: a device may ask before its first sample, or never have one."""
        block = self._block_ids[0]
        nothing_s = np.full((block.width, 1), inf)
        nothing = Chunk(block, 0, nothing_s, nothing_s < inf, np.zeros(nothing_s.shape, np.int64))
        self.ring.load(0, nothing_s, nothing_s, self._task.draw(nothing, self._uniform(block, 0)))

    def _load_chunk(self) -> None:
        chunks = [self._arrivals.chunk(block, self._chunks) for block in self._block_ids]
        coming = np.concatenate([np.count_nonzero(chunk.valid, axis=1) for chunk, _ in chunks])
        self.ring.grow(self._history + int((self.waiting + coming).max()))
        for number, (chunk, due_s) in enumerate(chunks):
            content = self._task.draw(chunk, self._uniform(chunk.block, self._chunks))
            self.ring.load(number * chunk.block.width, chunk.time_s, due_s, content)
        self._chunks += 1

    def _uniform(self, block: BlockId, chunk: int) -> np.random.Generator:
        return rng(self._seed, Purpose.CONTENT, block.cohort, block.block, chunk)

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return how far the streams of one block were drawn and evaluated."""
        counts = {"loaded": self.ring.loaded[rows].copy(), "judged": self.judged[rows].copy()}
        return counts | {"cells": np.array([self._chunks]), "capacity": np.array([self.ring.capacity])}

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Go to where :meth:`checkpoint` was called; the ring is filled again: its last cells are redrawn."""
        whole = concatenated(snapshot)
        self.judged, loaded = whole["judged"], whole["loaded"]
        # All blocks of a cohort are drawn up to the same time when an interval is closed.
        [chunks] = np.unique(whole["cells"]).tolist()
        capacity = int(whole["capacity"].max())
        self.ring = SampleRing(self._width, capacity)
        first, before = chunks, loaded.copy()
        while first and (loaded - before).min() < capacity:
            first -= 1
            drawn = [self._arrivals.chunk(block, first)[0].valid for block in self._block_ids]
            before -= np.concatenate([np.count_nonzero(valid, axis=1) for valid in drawn])
        self._chunks, self.ring.loaded = first, before
        while self._chunks < chunks:
            self._load_chunk()
