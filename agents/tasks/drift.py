"""The drift schedule as arithmetic: which concept reigns for a device at a time, for each of its samples.

Lines apply in order of their start; a later one replaces what the earlier ones left. A change at time s is in
force for samples strictly after s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from agents.contract import CohortSpec, DriftSpec, in_force
from agents.seeding import Purpose, uniforms
from agents.tasks.base import Place
from agents.tasks.concepts import Concept, Neutral
from agents.tasks.lines import Line, read_lines
from agents.tasks.moves import Passage
from agents.tasks.priors import dirichlet_priors
from agents.tasks.reigns import Reigns, changes_of, reigns_of


@dataclass(frozen=True)
class Schedule:
    """All drift of a run. ``concepts[0]`` is the original world, the others come in order of appearance."""

    seed: int
    duration_s: float
    classes: int
    lines: tuple[Line, ...]
    concepts: tuple[Concept, ...]
    _starts_s: dict[Place, np.ndarray] = field(default_factory=dict, repr=False)

    def concept(self, place: Place, time_s: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """Return the concept in force, int16 like ``time_s`` [devices, samples].

        ``chance`` holds each sample's own uniform: it decides on which side of a gradual change it falls.
        """
        concept = np.zeros(time_s.shape, np.int16)
        for line, start_s in zip(self.lines, self._starts(place).T, strict=True):
            touched = in_force(start_s[:, None], time_s)
            if touched.any():
                row = np.nonzero(touched)[0]
                passage = Passage(place, row, start_s[row], time_s[touched])
                concept[touched] = self._gone_over(line, concept[touched], passage, chance[touched])
        return concept

    def _gone_over(self, line: Line, concept: np.ndarray, passage: Passage, chance: np.ndarray) -> np.ndarray:
        followed, share = line.move.follow(concept, passage), line.move.share(passage)
        if share is None:
            return followed
        own = uniforms(self.seed, Purpose.DRIFT_TIME, line.number + 1, chance.view(np.uint64))
        return np.where(own < share, followed, concept)

    def changes(self, place: Place) -> list[np.ndarray]:
        """Return for each device the sorted times [s] before the end at which its concept changes.

        A gradual or incremental change counts once, at its start; all others at each switch.
        """
        return changes_of(place, [line.move for line in self.lines], self._starts(place), self.duration_s)

    def reigns(self, place: Place) -> Reigns:
        """Return which concepts reign for each device of the block, and when: the very truth that samples follow."""
        return reigns_of(place, [line.move for line in self.lines], self._starts(place), self.duration_s)

    def prior(self, place: Place, concept: int, there: tuple[bool, ...] | None = None) -> np.ndarray | None:
        """Return each device's own prior of the classes under a concept, float64 [devices, classes], if it has one.

        ``there`` says which classes there are samples of; default: all.
        """
        alpha = self.concepts[concept].dirichlet
        there = there or (True,) * self.classes
        return None if alpha is None else dirichlet_priors(self.seed, place, alpha, there)

    def looks_like(self, concept: int) -> int:
        """Return the first concept with the same transforms, whatever its labels and rates."""
        wanted = self.concepts[concept].strengths
        return next(number for number, one in enumerate(self.concepts) if one.strengths == wanted)

    @cached_property
    def factors(self) -> np.ndarray:
        """The factor on the rate of samples under each concept, float64 [concepts]."""
        return np.array([concept.arrivals for concept in self.concepts])

    def peak(self, cohort: int) -> float:
        """Return the largest factor on the rate of samples that devices of a cohort may meet, at least 1."""
        met = [self.factors[list(line.move.seen)].max() for line in self.lines if line.touches(cohort)]
        return float(max([1.0, *met]))

    def paces(self, cohort: int) -> bool:
        """Say whether drift changes the rate of samples for devices of a cohort."""
        return any((self.factors[list(line.move.seen)] != 1.0).any() for line in self.lines if line.touches(cohort))

    def _starts(self, place: Place) -> np.ndarray:
        """Return when each line starts for each device: float64 [devices, lines]."""
        if place not in self._starts_s:
            starts_s = [line.start_s(place, self.seed) for line in self.lines]
            self._starts_s[place] = np.stack(starts_s, 1) if starts_s else np.zeros((place.width, 0))
        return self._starts_s[place]


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
        InputError: an unknown kind, cohort or transform, or a move that cannot be made; it names the line.
    """
    lines, concepts = read_lines(drift, [cohort.name for cohort in cohorts], neutral, classes, seed, own_priors)
    return Schedule(seed, duration_s, classes, tuple(lines), concepts)
