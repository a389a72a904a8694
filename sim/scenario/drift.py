"""``drift``: when concepts change, for which devices, how fast, and into which concept."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from agents.tasks.drift_kinds import DRIFTS
from sim.scenario.components import tagged_union
from sim.scenario.concepts import Concept
from sim.scenario.context import context_of
from sim.scenario.problems import near_miss
from sim.scenario.quantities import PositiveCount, PositiveTime, Share, Time
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Chosen
from sim.scenario.units import TIME


class Wave(SectionModel):
    """A front that crosses the fleet: each device has a uniform position in it of its own, the same for all changes.

    (Its number would not do: then more devices would change when a device drifts.)
    """

    crosses_fleet_in: PositiveTime = Field(description="from one end of the fleet to the other")


class Groups(SectionModel):
    """Clusters of devices that drift together, one group after the other: neighbours along the path of a wave."""

    count: PositiveCount = Field(description="number of groups")
    apart: Time = Field(description="from one group to the next")


class Independent(SectionModel):
    """Each device at a random time of its own."""

    within: PositiveTime = Field(description="uniform in this long after 'at'")


#: The ways in which a change spreads over the fleet, other than at once.
ONSETS = ("wave", "groups", "independent")


class Change(Chosen):
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
        given = [name for name in ONSETS if getattr(self, name) is not None]
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
        """The concepts that it leads to, each with its path below this change."""
        to = getattr(self, "to", None)
        if to is not None:
            return [(("to",), to)]
        return [(("between", turn), concept) for turn, concept in enumerate(getattr(self, "between", []))]

    @field_validator("at", mode="after")
    @classmethod
    def _within_the_run(cls, at: float, info: ValidationInfo) -> float:
        end = context_of(info).duration_s
        if end is not None and at >= end:
            raise ValueError(f"{TIME.format(at)} is not before the end of the run ({TIME.format(end)})")
        return at

    @field_validator("cohort", mode="after")
    @classmethod
    def _cohort_exists(cls, cohort: str | None, info: ValidationInfo) -> str | None:
        cohorts = context_of(info).cohorts
        if cohort is not None and cohorts is not None and not context_of(info).cohort_counts[cohort]:
            raise ValueError(f"there is no cohort '{cohort}'{near_miss(cohort, cohorts)}")
        return cohort


Drift = Annotated[Change, tagged_union("drift", DRIFTS, base=Change)]
