"""When samples arrive at the devices of a block, and when their labels are due."""

from __future__ import annotations

from math import inf

import numpy as np

from agents.contract import CohortSpec
from agents.seeding import Purpose, rng
from agents.tasks.base import Place

#: Expected samples of one device in one cell: enough to amortise a draw, few enough to stay in cache.
_PER_CELL = 16


class Arrivals:
    """The arrival law of one cohort, cut into cells of virtual time (cell k covers (k, k + 1] cell lengths).

    A cell is a pure function of (seed, cohort, block, k), drawn for the full width of the block, so that
    neither the number of devices nor the order of access can change anybody's stream.
    """

    def __init__(self, seed: int, spec: CohortSpec) -> None:
        self._seed, self._spec = seed, spec
        self.cell_s = _PER_CELL * spec.interval_s

    @property
    def silent(self) -> bool:
        """Whether no sample ever arrives (a rate of zero)."""
        return self.cell_s == inf

    def cell(self, place: Place, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (time_s, due_s) of one cell, each float64 [devices, samples].

        Times rise along each row and are +inf behind a device's last sample; ``due_s`` is +inf for samples
        that never get a label.
        """
        draw = rng(self._seed, Purpose.ARRIVALS, place.cohort, place.block, index)
        if self._spec.arrivals == "periodic":
            time_s = self._periodic(place, index)
        else:
            time_s = self._poisson(place, index, draw)
        if self._spec.absences is not None:
            time_s = self._without_absences(place, index, time_s)
        return time_s, self._due(place, index, time_s)

    def _without_absences(self, place: Place, index: int, time_s: np.ndarray) -> np.ndarray:
        """Take out what devices do not see while they are away; a sample at the moment of return is seen."""
        from_s, until_s = index * self.cell_s, (index + 1) * self.cell_s
        assert self._spec.absences is not None
        kept_s = time_s.copy()
        for row in range(place.width):
            for away_s, back_s in self._spec.absences(place.block * place.width + row, from_s, until_s):
                kept_s[row, (kept_s[row] >= away_s) & (kept_s[row] < back_s)] = inf
        kept_s.sort(axis=1)
        return kept_s

    def _periodic(self, place: Place, index: int) -> np.ndarray:
        # Each device has its own phase: a fleet that samples in lockstep would be an artefact.
        phase = rng(self._seed, Purpose.ARRIVALS, place.cohort, place.block).random((place.width, 1))
        number = index * _PER_CELL + np.arange(_PER_CELL)
        return (number + phase) * self._spec.interval_s

    def _poisson(self, place: Place, index: int, draw: np.random.Generator) -> np.ndarray:
        # Given their number, the points of a Poisson process are independent uniforms (Kingman 1993, 2.4).
        counts = draw.poisson(_PER_CELL, place.width)
        within = draw.random((place.width, int(counts.max())))
        within[np.arange(within.shape[1]) >= counts[:, None]] = inf
        within.sort(axis=1)
        return (index + within) * self.cell_s

    def _due(self, place: Place, index: int, time_s: np.ndarray) -> np.ndarray:
        share, delay = self._spec.label_share, self._spec.label_delay
        if share <= 0:
            return np.full(time_s.shape, inf)
        draw = rng(self._seed, Purpose.LABELS, place.cohort, place.block, index)
        labelled = draw.random(time_s.shape) < share
        # A uniform of exactly 0 has no quantile under unbounded laws.
        late_s = delay(np.maximum(draw.random(time_s.shape), 2.0**-54))
        return np.where(labelled, time_s + late_s, inf)
