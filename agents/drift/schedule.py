"""The drift schedule as arithmetic: which concept is in force for each sample of a device.

Entries apply in order of their start; a later one replaces earlier ones. A change at time s is in
force for samples strictly after s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from agents.contract import CohortSpec, DriftSpec, in_force
from agents.drift.concept_intervals import ConceptIntervals, changes_of, concept_intervals_of
from agents.drift.concepts import Concept, Neutral
from agents.drift.onset import dirichlet_priors
from agents.drift.schedule_entries import ScheduleEntry, read_entries
from agents.drift.transitions import AffectedSamples
from agents.seeding import Purpose, uniforms
from agents.streams.base import BlockId


@dataclass(frozen=True)
class Schedule:
    """All drift of a run. ``concepts[0]`` is the original one, the others come in order of appearance."""

    seed: int
    duration_s: float
    classes: int
    entries: tuple[ScheduleEntry, ...]
    concepts: tuple[Concept, ...]
    _starts_s: dict[BlockId, np.ndarray] = field(default_factory=dict, repr=False)

    def concept(self, block: BlockId, time_s: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        """Return the concept in force, int16 like ``time_s`` [devices, samples].

        ``uniform`` holds each sample's own uniform: it decides on which side of a gradual change it falls.
        """
        concept = np.zeros(time_s.shape, np.int16)
        # Cells of rare samples reach far beyond the end, where walks and turns would never stop.
        time_s = np.minimum(time_s, self.duration_s)
        for entry, start_s in zip(self.entries, self._starts(block).T, strict=True):
            touched = in_force(start_s[:, None], time_s)
            if touched.any():
                affected = AffectedSamples(block, partial(_columns, touched, start_s, time_s))
                before = concept[touched]
                after, share = entry.transition.follow(before, affected), entry.transition.share(affected)
                if share is not None:
                    own = uniforms(self.seed, Purpose.DRIFT_TIME, entry.number + 1, uniform[touched].view(np.uint64))
                    after = np.where(own < share, after, before)
                concept[touched] = after
        return concept

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device the sorted times [s] before the end at which its concept changes.

        A gradual or incremental change counts once, at its start; all others at each switch.
        """
        return changes_of(block, [entry.transition for entry in self.entries], self._starts(block), self.duration_s)

    def concept_intervals(self, block: BlockId) -> ConceptIntervals:
        """Return the concept intervals of each device of the block: the ground truth that samples follow."""
        return concept_intervals_of(
            block, [entry.transition for entry in self.entries], self._starts(block), self.duration_s
        )

    def prior(self, block: BlockId, concept: int, there: tuple[bool, ...] | None = None) -> np.ndarray | None:
        """Return each device's own prior of the classes under a concept, float64 [devices, classes], if it has one.

        ``there`` says which classes there are samples of; default: all.
        """
        alpha = self.concepts[concept].dirichlet
        there = there or (True,) * self.classes
        return None if alpha is None else dirichlet_priors(self.seed, block, alpha, there)

    def looks_like(self, concept: int) -> int:
        """Return the first concept with the same transforms; labels and rates may differ."""
        draft = self.concepts[concept].strengths
        return next(number for number, one in enumerate(self.concepts) if one.strengths == draft)

    @cached_property
    def factors(self) -> np.ndarray:
        """The factor on the rate of samples under each concept, float64 [concepts]."""
        return np.array([concept.arrivals for concept in self.concepts])

    def peak(self, cohort: int) -> float:
        """Return the largest factor on the rate of samples that devices of a cohort may meet, at least 1."""
        met = [self.factors[list(entry.transition.seen)].max() for entry in self.entries if entry.touches(cohort)]
        return float(max([1.0, *met]))

    def paces(self, cohort: int) -> bool:
        """Return whether drift changes the rate of samples for devices of a cohort."""
        return any(
            (self.factors[list(entry.transition.seen)] != 1.0).any() for entry in self.entries if entry.touches(cohort)
        )

    def _starts(self, block: BlockId) -> np.ndarray:
        """Return when each entry starts for each device: float64 [devices, entries] [s]."""
        if block not in self._starts_s:
            starts_s = [entry.start_s(block, self.seed) for entry in self.entries]
            self._starts_s[block] = np.stack(starts_s, 1) if starts_s else np.zeros((block.width, 0))
        return self._starts_s[block]


def _columns(touched: np.ndarray, start_s: np.ndarray, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of the samples that are ``touched`` [devices, samples] the device, the start for it, and the time."""
    row = np.nonzero(touched)[0]
    return row, start_s[row], time_s[touched]


def make_schedule(
    drift: Sequence[DriftSpec],
    cohorts: Sequence[CohortSpec],
    neutral: Neutral,
    classes: int,
    seed: int,
    duration_s: float,
    *,
    own_priors: bool = False,
) -> Schedule:
    """Compile the drift of a scenario; ``neutral`` names the transforms that the task knows.

    ``own_priors``: whether its samples follow :meth:`Schedule.prior`, a prior of the classes for each device.

    Raises:
        InputError: an unknown kind, cohort or transform, or an impossible transition; it names the entry.
    """
    entries, concepts = read_entries(drift, [cohort.name for cohort in cohorts], neutral, classes, seed, own_priors)
    return Schedule(seed, duration_s, classes, tuple(entries), concepts)
