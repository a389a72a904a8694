"""When samples arrive at the devices of a block, and when their labels are due."""

from __future__ import annotations

from functools import cached_property
from math import inf

import numpy as np

from agents.contract import CohortSpec
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Supply
from agents.streams.poisson_counts import ArrivalCounts
from agents.streams.recorded_arrivals import Recordings

#: Expected samples of one device in one cell: enough to amortise a draw, few enough to stay in cache.
PER_CHUNK = 32


class Arrivals:
    """The arrival law of one cohort, cut into cells of virtual time (cell k covers (k, k + 1] cell lengths).

    A cell is a pure function of (seed, cohort, block, k), drawn for the full width of the block, so that
    neither the number of devices nor the order of access can change a device's stream. Where a task has a
    ``supply``, every sample knows its ordinal, and a device whose supply is used up falls silent.
    """

    def __init__(self, seed: int, spec: CohortSpec, supply: Supply | None = None) -> None:
        self._seed, self._spec, self._supply = seed, spec, supply
        self._counts = ArrivalCounts(seed, PER_CHUNK)
        self._recordings = Recordings(spec, supply) if spec.arrivals == "recorded" else None
        interval_s = self._recordings.interval_s if self._recordings else spec.interval_s
        self.chunk_s = PER_CHUNK * interval_s

    @property
    def silent(self) -> bool:
        """Whether no sample ever arrives (a rate of zero)."""
        return self.chunk_s == inf

    @property
    def interval_s(self) -> float:
        """Mean time between samples, at the fastest [s]."""
        return self.chunk_s / PER_CHUNK

    @property
    def lawful(self) -> bool:
        """Whether samples follow a law of time rather than a record."""
        return self._recordings is None

    def most_within(self, span_s: float) -> int:
        """Return how many samples of a device fall into any ``span_s``: as a rule for a law, exact for a record."""
        if self._recordings:
            return self._recordings.most_within(span_s)
        expected = span_s / self.chunk_s * PER_CHUNK
        return int(expected + 4 * np.sqrt(expected + 1))

    def chunk(self, block: BlockId, index: int) -> tuple[Chunk, np.ndarray]:
        """Return one cell and when its labels are due: float64 [devices, samples], +inf for never."""
        time_s, ordinal = self._arrivals(block, index)
        if self._supply is not None and ordinal is not None:
            time_s = np.where(ordinal < self._supply.count(block)[:, None], time_s, inf)
        if self._spec.absences is not None:
            time_s, ordinal = self._without_absences(block, index, time_s, ordinal)
        return Chunk(block, index, time_s, np.isfinite(time_s), ordinal), self._due(block, index, time_s)

    def _arrivals(self, block: BlockId, index: int) -> tuple[np.ndarray, np.ndarray | None]:
        if self._recordings:
            return self._recordings.chunk(block, index * self.chunk_s, (index + 1) * self.chunk_s)
        if self._spec.arrivals == "periodic":
            return self._periodic(block, index)
        return self._poisson(block, index)

    def _without_absences(
        self, block: BlockId, index: int, time_s: np.ndarray, ordinal: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Take out what devices do not see while they are away; a sample at the moment of return is seen."""
        from_s, until_s = index * self.chunk_s, (index + 1) * self.chunk_s
        assert self._spec.absences is not None
        kept_s = time_s.copy()
        for row in range(block.width):
            for next_off_s, next_on_s in self._spec.absences(block.block * block.width + row, from_s, until_s):
                kept_s[row, (kept_s[row] >= next_off_s) & (kept_s[row] < next_on_s)] = inf
        order = kept_s.argsort(axis=1, kind="stable")
        kept_s = np.take_along_axis(kept_s, order, 1)
        return kept_s, None if ordinal is None else np.take_along_axis(ordinal, order, 1)

    def _periodic(self, block: BlockId, index: int) -> tuple[np.ndarray, np.ndarray]:
        # Each device has its own phase: a fleet that samples in lockstep would be an artefact.
        phase = rng(self._seed, Purpose.ARRIVALS, block.cohort, block.block).random((block.width, 1))
        number = index * PER_CHUNK + np.arange(PER_CHUNK)
        return (number + phase) * self._spec.interval_s, np.broadcast_to(number, (block.width, PER_CHUNK))

    def _poisson(self, block: BlockId, index: int) -> tuple[np.ndarray, np.ndarray | None]:
        # Given their number, the points of a Poisson process are independent uniforms (Kingman 1993, 2.4).
        draw = rng(self._seed, Purpose.ARRIVALS, block.cohort, block.block, index)
        before, counts = None, draw.poisson(PER_CHUNK, block.width)
        if self._supply is not None:
            before, counts = self._counts.of(block, index)
        within = draw.random((block.width, int(counts.max())))
        column = np.arange(within.shape[1])
        within[column >= counts[:, None]] = inf
        within.sort(axis=1)
        return (index + within) * self.chunk_s, None if before is None else before[:, None] + column

    def _due(self, block: BlockId, index: int, time_s: np.ndarray) -> np.ndarray:
        share, delay = self._spec.label_share, self._spec.label_delay
        if share <= 0:
            return np.full(time_s.shape, inf)
        if share >= 1 and self._same_delay_s is not None:
            return np.asarray(time_s + self._same_delay_s)
        draw = rng(self._seed, Purpose.LABELS, block.cohort, block.block, index)
        labelled = draw.random(time_s.shape) < share
        # A uniform of exactly 0 has no quantile under unbounded laws.
        late_s = delay(np.maximum(draw.random(time_s.shape), 2.0**-54))
        return np.where(labelled, time_s + late_s, inf)

    @cached_property
    def _same_delay_s(self) -> float | None:
        """The delay of every label, if it is left to no chance: the law's lowest value is its highest."""
        lowest_s, highest_s = self._spec.label_delay(np.array([2.0**-54, 1.0 - 2.0**-53])).tolist()
        return lowest_s if lowest_s == highest_s else None
