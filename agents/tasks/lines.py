"""The lines of a drift schedule: for whom, from when on, and which move; compiled from their written form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from agents.blame import about
from agents.contract import DriftSpec
from agents.contract.component import component_of, key_of
from agents.seeding import Purpose, uniforms
from agents.tasks.base import Place
from agents.tasks.concept_table import Table
from agents.tasks.concepts import Concept, Neutral, read_concept
from agents.tasks.drift_kinds import (
    DRIFTS,
    BlipOptions,
    GradualOptions,
    IncrementalOptions,
    RandomWalkOptions,
    RecurringOptions,
    SuddenOptions,
)
from agents.tasks.fronts import Front, device_keys, read_front
from agents.tasks.ladders import Incremental, RandomWalk, make_ladder
from agents.tasks.moves import Blip, Gradual, Move, Recurring, Sudden
from agents.tasks.walks import Walks


@dataclass(frozen=True)
class Line:
    """One line of the schedule: which devices it moves, from when on, and how.

    Attributes:
        number: which line, from 0, in order of their start.
        cohort: index of the only cohort it moves, or None for all.
        share: devices whose own uniform is below it are moved. A device has one uniform for the whole
            schedule, so that the same share means the same devices on every line.
        front: how the change spreads over the fleet.
    """

    number: int
    at_s: float
    cohort: int | None
    share: float
    front: Front
    move: Move

    def touches(self, cohort: int) -> bool:
        """Say whether devices of a cohort may be moved."""
        return self.cohort in (None, cohort) and self.share > 0

    def start_s(self, place: Place, seed: int) -> np.ndarray:
        """Return when the line starts for each device of the block, infinity if never: float64 [devices]."""
        if not self.touches(place.cohort):
            return np.full(place.width, np.inf)
        member = uniforms(seed, Purpose.DRIFT_MEMBER, device_keys(place)) < self.share
        return np.where(member, self.at_s + self.front.delays_s(place, seed, self.number), np.inf)


@dataclass(frozen=True)
class Wanted:
    """One line as it is written, with its concepts read; what kinds of drift make moves from."""

    spec: DriftSpec
    number: int
    targets: tuple[Concept, ...]
    table: Table
    seed: int

    @property
    def first(self) -> int:
        return self.table.index(self.targets[0])


def read_lines(
    drift: Sequence[DriftSpec], cohorts: Sequence[str], neutral: Neutral, classes: int, seed: int, own_priors: bool
) -> tuple[list[Line], tuple[Concept, ...]]:
    """Return the lines in order of their start, and all concepts that they make.

    Raises:
        InputError: an unknown kind, cohort or transform, or a move that cannot be made; it names the line.
    """
    table, lines = Table(neutral), []
    for number, written in enumerate(sorted(range(len(drift)), key=lambda position: drift[position].at_s)):
        with about(f"drift.{written}"):
            lines.append(_line(drift[written], number, cohorts, table, classes, seed))
            if not own_priors and any(concept.dirichlet for concept in table.concepts):
                raise ValueError("labels.dirichlet: this task knows no prior of each device's own")
    return lines, tuple(table.concepts)


def _line(spec: DriftSpec, number: int, cohorts: Sequence[str], table: Table, classes: int, seed: int) -> Line:
    row = component_of(DRIFTS, spec.kind, "drift kind")
    if spec.cohort is not None and spec.cohort not in cohorts:
        raise ValueError(f"drift names cohort {spec.cohort!r}; there are {', '.join(cohorts)}")
    options = row.read(_written(spec, row.options), f"drift kind {spec.kind!r}")
    written = getattr(options, "between", None) or [options.to]
    targets = tuple(read_concept(raw, table.neutral, classes) for raw in written)
    front = read_front(spec.options)
    move: Move = row.load()(Wanted(spec, number, targets, table, seed), options)
    everyone = spec.cohort is None and spec.share >= 1.0 and bool(move.targets)
    table.settle(spec.at_s + front.spread_s + move.takes_s, everyone, move.targets, move.seen)
    cohort = None if spec.cohort is None else list(cohorts).index(spec.cohort)
    return Line(number, spec.at_s, cohort, spec.share, front, move)


def _written(spec: DriftSpec, options: type) -> dict[str, Any]:
    """Return of a line what are options of its kind; the rest says when, and for whom."""
    whole = {"to": spec.to, "between": list(spec.between), "over": spec.over_s, "every": spec.every_s, **spec.options}
    keys = {key_of(one.name) for one in fields(options)}
    return {key: value for key, value in whole.items() if key in keys and value not in (None, [])}


def make_sudden(wanted: Wanted, options: SuddenOptions) -> Move:
    """Return the move from one sample to the next."""
    return Sudden((wanted.first,))


def make_gradual(wanted: Wanted, options: GradualOptions) -> Move:
    """Return the move in which the new concept comes more and more often."""
    return Gradual((wanted.first,), options.over, options.mixing)


def make_incremental(wanted: Wanted, options: IncrementalOptions) -> Move:
    """Return the move in which strengths grow step by step."""
    ladder = make_ladder(wanted.targets[0], options.steps, wanted.spec.at_s, wanted.table)
    return Incremental((wanted.first,), options.over, ladder)


def make_recurring(wanted: Wanted, options: RecurringOptions) -> Move:
    """Return the move in which concepts take turns."""
    return Recurring(tuple(wanted.table.index(target) for target in wanted.targets), options.every)


def make_blip(wanted: Wanted, options: BlipOptions) -> Move:
    """Return the move to a concept that soon passes."""
    return Blip((wanted.first,), options.for_)


def make_random_walk(wanted: Wanted, options: RandomWalkOptions) -> Move:
    """Return the move in which strengths wander."""
    ladder = make_ladder(wanted.targets[0], options.steps, wanted.spec.at_s, wanted.table)
    return RandomWalk(ladder, options.every, Walks(wanted.seed, wanted.number, options.step))
