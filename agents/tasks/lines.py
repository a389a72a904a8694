"""The lines of a drift schedule: for whom, from when on, and which move; compiled from their written form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.blame import about
from agents.contract import DriftSpec
from agents.seeding import Purpose, uniforms
from agents.tasks.base import Place
from agents.tasks.concept_table import Table
from agents.tasks.concepts import Concept, Neutral, read_concept
from agents.tasks.fronts import Front, device_keys, read_front
from agents.tasks.ladders import Incremental, RandomWalk, make_ladder
from agents.tasks.moves import Blip, Gradual, Move, Recurring, Sudden
from agents.tasks.walks import Walks

#: Rungs of a ladder when the scenario names no number (``options.steps``).
RUNGS = 16


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
class _Wanted:
    """One line as it is written, and what has been read of it so far."""

    spec: DriftSpec
    number: int
    targets: tuple[Concept, ...]
    table: Table
    seed: int

    @property
    def first(self) -> int:
        return self.table.index(self.targets[0])

    @property
    def rungs(self) -> int:
        return int(self.spec.options.get("steps", RUNGS))

    def seconds(self, key: str, value: Any) -> float:
        if value is None or not value > 0:
            raise ValueError(f"{key} must be longer than 0 s, got {value} s")
        return float(value)


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
    if spec.kind not in MOVES:
        raise ValueError(f"drift kind {spec.kind!r} is unknown; known are {', '.join(MOVES)}")
    if spec.cohort is not None and spec.cohort not in cohorts:
        raise ValueError(f"drift names cohort {spec.cohort!r}; there are {', '.join(cohorts)}")
    targets = tuple(read_concept(raw, table.neutral, classes) for raw in _targets(spec))
    front = read_front(spec.options)
    move = MOVES[spec.kind](_Wanted(spec, number, targets, table, seed))
    everyone = spec.cohort is None and spec.share >= 1.0 and bool(move.targets)
    table.settle(spec.at_s + front.spread_s + move.takes_s, everyone, move.targets, move.seen)
    cohort = None if spec.cohort is None else list(cohorts).index(spec.cohort)
    return Line(number, spec.at_s, cohort, spec.share, front, move)


def _targets(spec: DriftSpec) -> list[Mapping[str, object]]:
    raw = list(spec.between) if spec.kind == "recurring" else [spec.to]
    if not raw or raw[0] is None:
        raise ValueError(f"drift kind {spec.kind!r} needs {'between' if spec.kind == 'recurring' else 'to'}")
    return [one for one in raw if one is not None]


def _sudden(wanted: _Wanted) -> Move:
    return Sudden((wanted.first,))


def _gradual(wanted: _Wanted) -> Move:
    mixing = str(wanted.spec.options.get("mixing", "linear"))
    if mixing not in ("linear", "sigmoid"):
        raise ValueError(f"mixing {mixing!r} is unknown; known are linear, sigmoid")
    if wanted.spec.over_s == 0:
        return _sudden(wanted)
    return Gradual((wanted.first,), wanted.seconds("over", wanted.spec.over_s), mixing)


def _incremental(wanted: _Wanted) -> Move:
    ladder = make_ladder(wanted.targets[0], wanted.rungs, wanted.spec.at_s, wanted.table)
    return Incremental((wanted.first,), wanted.seconds("over", wanted.spec.over_s), ladder)


def _recurring(wanted: _Wanted) -> Move:
    targets = tuple(wanted.table.index(target) for target in wanted.targets)
    return Recurring(targets, wanted.seconds("every", wanted.spec.every_s))


def _blip(wanted: _Wanted) -> Move:
    return Blip((wanted.first,), wanted.seconds("for", wanted.spec.options.get("for")))


def _random_walk(wanted: _Wanted) -> Move:
    step = float(wanted.spec.options.get("step", 0.1))
    if not 0 < step < np.inf:
        raise ValueError(f"step={step:g} must be above 0")
    ladder = make_ladder(wanted.targets[0], wanted.rungs, wanted.spec.at_s, wanted.table)
    return RandomWalk(ladder, wanted.seconds("every", wanted.spec.every_s), Walks(wanted.seed, wanted.number, step))


#: How each kind of drift is made from its line.
MOVES: dict[str, Callable[[_Wanted], Move]] = {
    "sudden": _sudden,
    "gradual": _gradual,
    "incremental": _incremental,
    "recurring": _recurring,
    "blip": _blip,
    "random_walk": _random_walk,
}
