"""``drift``: when the world changes, for whom, how fast, and into what."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from sim.scenario.clause import Clause, refuse
from sim.scenario.concepts import Concept, ConceptField
from sim.scenario.problems import near_miss
from sim.scenario.quantities import PositiveCount, PositiveNumber, PositiveTime, Share, Time, choice
from sim.scenario.surroundings import around
from sim.scenario.units import TIME
from sim.scenario.variants import Variants


class Wave(Clause):
    """A front that crosses the fleet in device order."""

    crosses_fleet_in: PositiveTime = Field(description="from the first device to the last")


class Groups(Clause):
    """Clusters of devices that drift together, one group after the other."""

    count: PositiveCount = Field(description="number of groups")
    apart: Time = Field(description="from one group to the next")


class Independent(Clause):
    """Each device at a random time of its own."""

    within: PositiveTime = Field(description="uniform in this long after 'at'")


class Change(Clause):
    """What all kinds of drift share."""

    row: ClassVar[str] = "drift keys"
    at: Time = Field(description="when it begins; in force strictly after")
    cohort: str | None = Field(default=None, description="only this cohort; default: the fleet")
    share: Share = Field(default=1.0, description="share of devices: those whose own uniform number is below it")
    name: str | None = Field(default=None, description="label in figures")
    wave: Wave | None = Field(default=None, description="a front crosses the fleet")
    groups: Groups | None = Field(default=None, description="clusters of devices drift together")
    independent: Independent | None = Field(default=None, description="each device at its own time")

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


class Incremental(Change):
    """The strength of the transforms grows from nothing to what is written."""

    kind: Literal["incremental"] = "incremental"
    over: PositiveTime = Field(description="how long the growth lasts")
    steps: PositiveCount = Field(default=16, description="rungs of the ladder from nothing to full strength")
    to: ConceptField = Field(description="the concept at full strength")

    @field_validator("to", mode="after")
    @classmethod
    def _can_grow(cls, to: Concept) -> Concept:
        if to.labels is not None and to.labels.swap:
            raise refuse("a swap has no half; use kind gradual or sudden", "labels", "swap")
        return to


class Recurring(Change):
    """Concepts take turns."""

    kind: Literal["recurring"] = "recurring"
    every: PositiveTime = Field(description="how long each reigns")
    between: list[ConceptField] = Field(min_length=2, description="the concepts, in order, from 'at' on")


class Blip(Change):
    """A concept for a short while, then the old one again."""

    kind: Literal["blip"] = "blip"
    for_: PositiveTime = Field(alias="for", description="how long it reigns")
    to: ConceptField = Field(description="the passing concept")


class RandomWalk(Change):
    """The strength of the transforms wanders at random, each device on its own."""

    kind: Literal["random_walk"] = "random_walk"
    every: PositiveTime = Field(description="time between steps")
    step: PositiveNumber = Field(default=0.1, description="standard deviation of a step, in units of full strength")
    to: ConceptField = Field(description="the concept at full strength")


DRIFTS: dict[str, type[Clause]] = {
    "sudden": Sudden,
    "gradual": Gradual,
    "incremental": Incremental,
    "recurring": Recurring,
    "blip": Blip,
    "random_walk": RandomWalk,
}

Drift = Annotated[
    Sudden | Gradual | Incremental | Recurring | Blip | RandomWalk, Variants("drift", DRIFTS, "drift.kind")
]
