"""The drift schedule as arithmetic: which concept reigns for a device at a time, for each of its samples.

Lines apply in order of their start; a later one replaces what the earlier ones left. A change at time s is in
force for samples strictly after s: :func:`in_force` is the one place that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from agents.contract import CohortSpec, DriftSpec
from agents.seeding import Purpose, uniforms
from agents.tasks.base import Place
from agents.tasks.concept_table import Table
from agents.tasks.concepts import Concept, Neutral, read_concept
from agents.tasks.moves import MOVES, Move


def in_force(change_s: np.ndarray | float, time_s: np.ndarray) -> np.ndarray:
    """Say whether a change at ``change_s`` rules a sample at ``time_s``: only strictly after it."""
    return time_s > change_s


@dataclass(frozen=True)
class Line:
    """One line of the schedule: which devices it moves, from when on, and how.

    Attributes:
        cohort: index of the only cohort it moves, or None for all.
        share: devices whose own uniform is below it are moved. A device has one uniform for the whole
            schedule, so that the same share means the same devices on every line.
        crossing_s: how long the wave front takes to cross the fleet, each device at its own place.
    """

    at_s: float
    cohort: int | None
    share: float
    crossing_s: float
    move: Move

    def moves(self, place: Place, seed: int) -> np.ndarray:
        """Return which devices of the block take part: bool [devices]."""
        if self.cohort not in (None, place.cohort):
            return np.zeros(place.width, bool)
        return uniforms(seed, Purpose.DRIFT_MEMBER, device_keys(place)) < self.share

    def start_s(self, place: Place, seed: int) -> np.ndarray:
        """Return when the line starts for each device of the block: float64 [devices]."""
        if not self.crossing_s:
            return np.full(place.width, self.at_s)
        return self.at_s + self.crossing_s * uniforms(seed, Purpose.DRIFT_TIME, device_keys(place))


@dataclass(frozen=True)
class Schedule:
    """All drift of a run. ``concepts[0]`` is the original world, the others come in order of appearance."""

    seed: int
    duration_s: float
    lines: tuple[Line, ...]
    concepts: tuple[Concept, ...]
    _members: dict[Place, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict, repr=False)

    def concept(self, place: Place, time_s: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """Return the concept in force, int16 like ``time_s`` [devices, samples].

        ``chance`` holds each sample's own uniform: it decides on which side of a gradual change it falls.
        """
        concept = np.zeros(time_s.shape, np.int16)
        for number, (line, (member, start_s)) in enumerate(zip(self.lines, self._taking_part(place), strict=True)):
            touched = member[:, None] & in_force(start_s[:, None], time_s)
            if touched.any():
                starts_s = np.broadcast_to(start_s[:, None], time_s.shape)[touched]
                bits = chance[touched].view(np.uint64)
                own = partial(uniforms, self.seed, Purpose.DRIFT_TIME, number + 1, bits)
                concept[touched] = line.move.apply(concept[touched], starts_s, time_s[touched], own)
        return concept

    def changes(self, place: Place) -> list[np.ndarray]:
        """Return for each device the sorted times [s] up to the end at which it is given another concept.

        A gradual or incremental change counts once, at its start; a recurring one at each switch.
        """
        fates = self._fates(place)
        changes_s = {fate: self._changes_of(fate) for fate in set(fates)}
        return [changes_s[fate] for fate in fates]

    def _fates(self, place: Place) -> list[tuple[float, ...]]:
        """Return for each device when each line starts for it, or infinity: few fates, if no wave crosses."""
        starts_s = [np.where(member, start_s, np.inf) for member, start_s in self._taking_part(place)]
        return [tuple(one) for one in np.stack(starts_s, 1).tolist()] if starts_s else [()] * place.width

    def _changes_of(self, fate: tuple[float, ...]) -> np.ndarray:
        told: list[tuple[float, int]] = []
        for line, start_s in zip(self.lines, fate, strict=True):
            if start_s <= self.duration_s:
                until_s = start_s + line.move.takes_s
                earlier = [event for event in told if event[0] <= until_s]
                told = earlier + line.move.events(start_s, self.duration_s)
                told.sort(key=lambda event: event[0])
        return np.array(_turning_points(told))

    def _taking_part(self, place: Place) -> list[tuple[np.ndarray, np.ndarray]]:
        if place not in self._members:
            self._members[place] = [
                (line.moves(place, self.seed), line.start_s(place, self.seed)) for line in self.lines
            ]
        return self._members[place]


def make_schedule(
    drift: Sequence[DriftSpec],
    cohorts: Sequence[CohortSpec],
    neutral: Neutral,
    classes: int,
    seed: int,
    duration_s: float,
) -> Schedule:
    """Compile the drift of a scenario; ``neutral`` names the transforms that the task knows.

    Raises:
        ValueError: an unknown kind, cohort or transform, or a move that cannot be made.
    """
    table = Table(neutral)
    names = [cohort.name for cohort in cohorts]
    lines = tuple(_line(spec, names, table, classes) for spec in sorted(drift, key=lambda spec: spec.at_s))
    return Schedule(seed, duration_s, lines, tuple(table.concepts))


def device_keys(place: Place) -> np.ndarray:
    """Return a number for each device of the block, its own in the whole fleet: uint64 [devices]."""
    first = place.block * place.width
    return np.uint64(place.cohort << 40) + np.arange(first, first + place.width, dtype=np.uint64)


def _line(spec: DriftSpec, cohorts: list[str], table: Table, classes: int) -> Line:
    if spec.kind not in MOVES:
        raise ValueError(f"drift kind {spec.kind!r} is unknown; known are {', '.join(MOVES)}")
    if spec.cohort is not None and spec.cohort not in cohorts:
        raise ValueError(f"drift names cohort {spec.cohort!r}; there are {', '.join(cohorts)}")
    everyone = spec.cohort is None and spec.share >= 1.0
    crossing_s = float(spec.options.get("wave", {}).get("crosses_fleet_in", 0.0))
    targets = tuple(read_concept(raw, table.neutral, classes) for raw in _targets(spec))
    move = MOVES[spec.kind](spec, targets, table)
    table.settle(spec.at_s + crossing_s + move.takes_s, everyone, move.targets, move.seen)
    cohort = None if spec.cohort is None else cohorts.index(spec.cohort)
    return Line(spec.at_s, cohort, spec.share, crossing_s, move)


def _targets(spec: DriftSpec) -> list[Mapping[str, object]]:
    raw = list(spec.between) if spec.kind == "recurring" else [spec.to]
    if not raw or raw[0] is None:
        raise ValueError(f"drift kind {spec.kind!r} needs {'between' if spec.kind == 'recurring' else 'to'}")
    return [one for one in raw if one is not None]


def _turning_points(told: list[tuple[float, int]]) -> list[float]:
    points, reigning = [], 0
    for at_s, concept in told:
        if concept != reigning:
            points.append(at_s)
        reigning = concept
    return points
