"""The entries of a drift schedule: devices, start and transition; compiled from their written form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from agents.contract import DriftSpec
from agents.contract.component import component_of, key_of
from agents.contract.errors import error_location
from agents.drift.concept_table import Table
from agents.drift.concepts import Concept, Neutral, read_concept
from agents.drift.intensity import Incremental, RandomWalk, make_levels
from agents.drift.onset import Onset, device_keys, read_onset
from agents.drift.random_walks import RandomWalks
from agents.drift.transitions import Blip, Gradual, Recurring, Sudden, Transition
from agents.seeding import Purpose, uniforms
from agents.streams.base import BlockId
from agents.tasks.drift_kinds import (
    DRIFTS,
    BlipOptions,
    GradualOptions,
    IncrementalOptions,
    RandomWalkOptions,
    RecurringOptions,
    SuddenOptions,
)


@dataclass(frozen=True)
class ScheduleEntry:
    """One entry of the schedule: which devices it affects, from when on, and how.

    Attributes:
        number: number of the entry, from 0, in order of start.
        cohort: index of the only cohort it affects, or None for all.
        share: devices whose own uniform is below it are affected. A device has one uniform for the whole
            schedule, so that the same share means the same devices in every entry.
        onset: how the change spreads over the fleet.
    """

    number: int
    at_s: float
    cohort: int | None
    share: float
    onset: Onset
    transition: Transition

    def touches(self, cohort: int) -> bool:
        """Return whether devices of a cohort may be affected."""
        return self.cohort in (None, cohort) and self.share > 0

    def start_s(self, block: BlockId, seed: int) -> np.ndarray:
        """Return when the entry starts for each device of the block [s], infinity if never: float64 [devices]."""
        if not self.touches(block.cohort):
            return np.full(block.width, np.inf)
        member = uniforms(seed, Purpose.DRIFT_MEMBER, device_keys(block)) < self.share
        return np.where(member, self.at_s + self.onset.delays_s(block, seed, self.number), np.inf)


@dataclass(frozen=True)
class Wanted:
    """One entry as it is written, with its concepts read; kinds of drift make transitions from it."""

    spec: DriftSpec
    number: int
    targets: tuple[Concept, ...]
    table: Table
    seed: int

    @property
    def first(self) -> int:
        return self.table.index(self.targets[0])


def read_entries(
    drift: Sequence[DriftSpec], cohorts: Sequence[str], neutral: Neutral, classes: int, seed: int, own_priors: bool
) -> tuple[list[ScheduleEntry], tuple[Concept, ...]]:
    """Return the entries in order of their start, and all concepts that they make.

    Raises:
        InputError: an unknown kind, cohort or transform, or an impossible transition; it names the entry.
    """
    table, entries = Table(neutral), []
    for number, written in enumerate(sorted(range(len(drift)), key=lambda position: drift[position].at_s)):
        with error_location(f"drift.{written}"):
            entries.append(_entry(drift[written], number, cohorts, table, classes, seed))
            if not own_priors and any(concept.dirichlet for concept in table.concepts):
                raise ValueError("labels.dirichlet: this task knows no prior of each device's own")
    return entries, tuple(table.concepts)


def _entry(
    spec: DriftSpec, number: int, cohorts: Sequence[str], table: Table, classes: int, seed: int
) -> ScheduleEntry:
    row = component_of(DRIFTS, spec.kind, "drift kind")
    if spec.cohort is not None and spec.cohort not in cohorts:
        raise ValueError(f"drift names cohort {spec.cohort!r}; there are {', '.join(cohorts)}")
    options = row.read(_written(spec, row.options), f"drift kind {spec.kind!r}")
    written = getattr(options, "between", None) or [options.to]
    targets = tuple(read_concept(raw, table.neutral, classes) for raw in written)
    onset = read_onset(spec.options)
    transition: Transition = row.load()(Wanted(spec, number, targets, table, seed), options)
    all_devices = spec.cohort is None and spec.share >= 1.0 and bool(transition.targets)
    table.settle(spec.at_s + onset.spread_s + transition.takes_s, all_devices, transition.targets, transition.seen)
    cohort = None if spec.cohort is None else list(cohorts).index(spec.cohort)
    return ScheduleEntry(number, spec.at_s, cohort, spec.share, onset, transition)


def _written(spec: DriftSpec, options: type) -> dict[str, Any]:
    """Return the options of an entry's kind; its other keys are its start and its devices."""
    whole = {"to": spec.to, "between": list(spec.between), "over": spec.over_s, "every": spec.every_s, **spec.options}
    keys = {key_of(one.name) for one in fields(options)}
    return {key: value for key, value in whole.items() if key in keys and value not in (None, [])}


def make_sudden(draft: Wanted, options: SuddenOptions) -> Transition:
    """Return the transition from one sample to the next."""
    return Sudden((draft.first,))


def make_gradual(draft: Wanted, options: GradualOptions) -> Transition:
    """Return the transition in which a growing share of samples follows the new concept."""
    return Gradual((draft.first,), options.over, options.mixing)


def make_incremental(draft: Wanted, options: IncrementalOptions) -> Transition:
    """Return the transition in which strengths grow step by step."""
    levels = make_levels(draft.targets[0], options.steps, draft.spec.at_s, draft.table)
    return Incremental((draft.first,), options.over, levels)


def make_recurring(draft: Wanted, options: RecurringOptions) -> Transition:
    """Return the transition in which concepts recur in turn."""
    return Recurring(tuple(draft.table.index(target) for target in draft.targets), options.every)


def make_blip(draft: Wanted, options: BlipOptions) -> Transition:
    """Return the transition to a concept that lasts a short time."""
    return Blip((draft.first,), options.for_)


def make_random_walk(draft: Wanted, options: RandomWalkOptions) -> Transition:
    """Return the transition in which strengths follow a random walk."""
    levels = make_levels(draft.targets[0], options.steps, draft.spec.at_s, draft.table)
    return RandomWalk(levels, options.every, RandomWalks(draft.seed, draft.number, options.step))
