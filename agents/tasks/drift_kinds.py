"""Kinds of drift: how the world goes from one concept to another. Options and one row of the table each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import Component, option
from agents.contract.forms import (
    ConceptForm,
    Form,
    Interval,
    Length,
    MovableConcept,
    OneOf,
    PositiveNumber,
    PositiveTime,
)

#: A time between switches: not so short that the truth about them fills the memory.
Period = Annotated[float, Form("period", zero=False)]


@dataclass(frozen=True)
class SuddenOptions:
    """From one moment to the next."""

    to: ConceptForm = option(description="the new concept; {} is the original world")


@dataclass(frozen=True)
class GradualOptions:
    """Old and new concept mixed, the new one more and more often."""

    over: PositiveTime = option(description="how long the mixing lasts")
    to: ConceptForm = option(description="the new concept")
    mixing: Annotated[str, OneOf("linear", "sigmoid")] = option("linear", "how the mix moves")


@dataclass(frozen=True)
class IncrementalOptions:
    """The strength of the transforms goes step by step from what was there to what is written.

    Strengths move in equal steps, the zoom by equal factors.
    """

    over: PositiveTime = option(description="how long the growth lasts")
    to: MovableConcept = option(description="the concept at full strength")
    steps: Annotated[int, Interval(ge=1, le=2048)] = option(16, "levels from nothing to full strength")


@dataclass(frozen=True)
class RecurringOptions:
    """Concepts take turns."""

    every: Period = option(description="how long each lasts")
    between: Annotated[list[ConceptForm], Length(2)] = option(description="the concepts, in order, from 'at' on")


@dataclass(frozen=True)
class BlipOptions:
    """A concept for a short while, then the old one again."""

    for_: PositiveTime = option(description="how long it lasts")
    to: ConceptForm = option(description="the passing concept")


@dataclass(frozen=True)
class RandomWalkOptions:
    """The strength of the transforms wanders at random, each device on its own.

    It starts at what was there before, takes its first step at 'at', and is reflected there and at full strength.
    """

    every: Period = option(description="time between steps")
    to: MovableConcept = option(description="the concept at full strength")
    step: PositiveNumber = option(0.1, "standard deviation of a step, in units of full strength")
    steps: Annotated[int, Interval(ge=1, le=2048)] = option(16, "levels from nothing to full strength")


@dataclass(frozen=True)
class DriftRow(Component):
    """One kind of drift; its code makes a move from an entry of the schedule and its options.

    Attributes:
        takes_turns: whether concepts follow one another for ever, so that figures mark each switch.
        endless: whether it is on the way until the run ends.
    """

    takes_turns: bool = False
    endless: bool = False


#: Name in a scenario -> kind of drift.
DRIFTS: dict[str, DriftRow] = {
    "sudden": DriftRow(SuddenOptions, "agents.drift.schedule_entries:make_sudden"),
    "gradual": DriftRow(GradualOptions, "agents.drift.schedule_entries:make_gradual"),
    "incremental": DriftRow(IncrementalOptions, "agents.drift.schedule_entries:make_incremental"),
    "recurring": DriftRow(RecurringOptions, "agents.drift.schedule_entries:make_recurring", takes_turns=True),
    "blip": DriftRow(BlipOptions, "agents.drift.schedule_entries:make_blip"),
    "random_walk": DriftRow(RandomWalkOptions, "agents.drift.schedule_entries:make_random_walk", endless=True),
}
