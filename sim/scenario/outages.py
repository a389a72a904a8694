"""When links are down: on schedule, at random, or outside contact windows."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from sim.scenario.distribution_fields import TimeDistribution
from sim.scenario.quantities import PhaseTime, PositiveTime, Time
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Shorthand


class Outage(SectionModel):
    """Nothing passes from ``at`` on, for the time ``for``; transfers pause."""

    at: Time = Field(description="start")
    for_: Time = Field(alias="for", description="length")
    every: PositiveTime | None = Field(default=None, description="repeat the outage this often")


class RandomOutages(SectionModel):
    """Alternating renewal: up for ``up``, then down for ``down``."""

    up: TimeDistribution = Field(description="how long the link stays up")
    down: TimeDistribution = Field(description="how long it stays down")

    @model_validator(mode="after")
    def _is_up_at_times(self) -> Self:
        if not self.up.mean > 0.0:
            raise refuse("is always 0 s: the link would never be up; write a longer time", "up")
        return self


class Outages(SectionModel):
    """All times at which a link is down."""

    scheduled: list[Outage] = Field(default_factory=list, description="on schedule")
    random: RandomOutages | None = Field(default=None, description="at random, for each instance of the link its own")


def _long(value: Any) -> Any:
    if isinstance(value, list):
        return {"scheduled": value}
    return {"random": value} if isinstance(value, dict) and value.keys() & {"up", "down"} else value


OutagesField = Annotated[Outages, Shorthand(_long, {"type": ["array", "object"]})]


class Contacts(SectionModel):
    """Contact windows: the link is up only for ``for`` in every ``every`` (a satellite pass)."""

    every: PositiveTime = Field(description="from one contact to the next")
    for_: PositiveTime = Field(alias="for", description="length of a contact")
    first: PhaseTime = Field(default=0.0, description="start of the first contact; random: each instance its own")

    @model_validator(mode="after")
    def _contacts_end(self) -> Self:
        if self.for_ >= self.every:
            raise refuse("is as long as 'every': the link would never be down", "for")
        return self
