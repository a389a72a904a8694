"""``drift``: when the world changes, for whom, how fast, and into what."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from sim.scenario.clause import Clause, refuse
from sim.scenario.concepts import Concept, ConceptField
from sim.scenario.problems import near_miss
from sim.scenario.quantities import PositiveCount, PositiveNumber, PositiveTime, Share, Time, choice
from sim.scenario.surroundings import around
from sim.scenario.units import TIME
from sim.scenario.variants import Variants

#: A line that switches more often than this is a mistake: the truth about it would fill the memory.
MAX_SWITCHES = 100_000


class Wave(Clause):
    """A front that crosses the fleet: each device has a uniform place in it of its own, the same for all lines.

    (Its number would not do: then more devices would change when a device drifts.)
    """

    crosses_fleet_in: PositiveTime = Field(description="from one end of the fleet to the other")


class Groups(Clause):
    """Clusters of devices that drift together, one group after the other: neighbours on the way of a wave."""

    count: PositiveCount = Field(description="number of groups")
    apart: Time = Field(description="from one group to the next")


class Independent(Clause):
    """Each device at a random time of its own."""

    within: PositiveTime = Field(description="uniform in this long after 'at'")


#: The ways in which a change spreads over the fleet, other than at once.
FRONTS = ("wave", "groups", "independent")


class Change(Clause):
    """What all kinds of drift share."""

    at: Time = Field(description="when it begins; in force strictly after")
    cohort: str | None = Field(default=None, description="only this cohort; default: the fleet")
    share: Share = Field(default=1.0, description="share of devices: those whose own uniform number is below it")
    name: str | None = Field(default=None, description="label in figures")
    wave: Wave | None = Field(default=None, description="a front crosses the fleet, device by device")
    groups: Groups | None = Field(default=None, description="clusters of devices drift together")
    independent: Independent | None = Field(default=None, description="each device at its own time")

    @model_validator(mode="after")
    def _spreads_in_one_way(self) -> Self:
        given = [name for name in FRONTS if getattr(self, name) is not None]
        if len(given) > 1:
            raise refuse(f"excludes {given[0]}; a change spreads in one way", given[1])
        return self

    @property
    def spread_s(self) -> float:
        """How much later it may begin for a device than 'at' [s]."""
        if self.groups is not None:
            return (self.groups.count - 1) * self.groups.apart
        return self.wave.crosses_fleet_in if self.wave else self.independent.within if self.independent else 0.0

    @property
    def shows(self) -> list[tuple[tuple[str | int, ...], Concept]]:
        """The concepts that it leads to, each with its place below this line."""
        if hasattr(self, "to"):
            return [(("to",), self.to)]
        return [(("between", turn), concept) for turn, concept in enumerate(getattr(self, "between", []))]

    @field_validator("at", mode="after")
    @classmethod
    def _within_the_run(cls, at: float, info: ValidationInfo) -> float:
        end = around(info).duration_s
        if end is not None and at >= end:
            raise ValueError(f"{TIME.format(at)} is not before the end of the run ({TIME.format(end)})")
        return at

    @field_validator("cohort", mode="after")
    @classmethod
    def _cohort_exists(cls, cohort: str | None, info: ValidationInfo) -> str | None:
        cohorts = around(info).cohorts
        if cohort is not None and cohorts is not None and cohort not in cohorts:
            raise ValueError(f"there is no cohort '{cohort}'{near_miss(cohort, cohorts)}")
        return cohort


class Sudden(Change):
    """From one moment to the next."""

    kind: Literal["sudden"] = "sudden"
    to: ConceptField = Field(description="the new concept; {} is the original world")


class Gradual(Change):
    """Old and new concept mixed, the new one more and more often."""

    kind: Literal["gradual"] = "gradual"
    over: PositiveTime = Field(description="how long the mixing lasts")
    mixing: Annotated[str, choice("linear", "sigmoid")] = Field(default="linear", description="how the mix moves")
    to: ConceptField = Field(description="the new concept")


def _can_move(to: Concept) -> Concept:
    """Refuse what has no half.

    Raises:
        ValidationError: about the first part that is a choice and no amount.
    """
    for path in to.choices:
        raise refuse(f"'{path[-1]}' has no half; use kind gradual or sudden", *path)
    return to


def _not_too_often(every: float, info: ValidationInfo) -> float:
    end = around(info).duration_s
    if end is not None and end > every * MAX_SWITCHES:
        raise ValueError(f"switches more than {MAX_SWITCHES} times in the run; write a longer time")
    return every


Movable = Annotated[ConceptField, AfterValidator(_can_move)]
Period = Annotated[PositiveTime, AfterValidator(_not_too_often)]


class Incremental(Change):
    """The strength of the transforms goes step by step from what reigned to what is written.

    Strengths move in equal steps, the zoom by equal factors.
    """

    kind: Literal["incremental"] = "incremental"
    over: PositiveTime = Field(description="how long the growth lasts")
    steps: PositiveCount = Field(default=16, description="rungs of the ladder from nothing to full strength")
    to: Movable = Field(description="the concept at full strength")


class Recurring(Change):
    """Concepts take turns."""

    kind: Literal["recurring"] = "recurring"
    every: Period = Field(description="how long each reigns")
    between: list[ConceptField] = Field(min_length=2, description="the concepts, in order, from 'at' on")


class Blip(Change):
    """A concept for a short while, then the old one again."""

    kind: Literal["blip"] = "blip"
    for_: PositiveTime = Field(alias="for", description="how long it reigns")
    to: ConceptField = Field(description="the passing concept")


class RandomWalk(Change):
    """The strength of the transforms wanders at random, each device on its own.

    It starts at what reigned before, takes its first step at 'at', and is reflected there and at full strength.
    """

    kind: Literal["random_walk"] = "random_walk"
    every: Period = Field(description="time between steps")
    step: PositiveNumber = Field(default=0.1, description="standard deviation of a step, in units of full strength")
    steps: PositiveCount = Field(default=16, description="rungs of the ladder from nothing to full strength")
    to: Movable = Field(description="the concept at full strength")


DRIFTS: dict[str, type[Clause]] = {
    "sudden": Sudden,
    "gradual": Gradual,
    "incremental": Incremental,
    "recurring": Recurring,
    "blip": Blip,
    "random_walk": RandomWalk,
}

Drift = Annotated[Sudden | Gradual | Incremental | Recurring | Blip | RandomWalk, Variants("drift", DRIFTS)]
