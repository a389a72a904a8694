"""``fleet``: cohorts of devices, their streams, labels and computing. Device ids run in cohort order."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.distributions import Constant
from sim.scenario.availability import Always, Availability, Churn, Offline
from sim.scenario.context import context_of
from sim.scenario.distribution_fields import TimeDistribution
from sim.scenario.problems import near_miss
from sim.scenario.quantities import (
    EnergyPerByte,
    Frequency,
    Name,
    PositiveNumber,
    PositiveTime,
    Power,
    Share,
    choice,
)
from sim.scenario.sections import SectionModel, refuse


class Samples(SectionModel):
    """How samples arrive at each device: exactly one of ``every`` and ``rate``, or as recorded."""

    every: PositiveTime | None = Field(default=None, description="mean time between samples")
    rate: Frequency | None = Field(default=None, description="samples per time; 0 /s: none")
    arrivals: Annotated[str, choice("poisson", "periodic", "recorded")] = Field(
        default="poisson",
        description="poisson; periodic with a phase of each device's own; recorded with the data",
    )

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if self.arrivals == "recorded":
            if (self.every, self.rate) != (None, None):
                raise ValueError("with 'arrivals: recorded' the times come with the data; leave every and rate out")
        elif (self.every is None) == (self.rate is None):
            raise ValueError("exactly one of every and rate is needed, for example 'every: 1 s'")
        return self

    @property
    def interval_s(self) -> float:
        """Mean time between samples [s]; ``inf`` when none arrive, or when the times come with the data."""
        if self.every is not None:
            return self.every
        return 1 / self.rate if self.rate else math.inf


class Labels(SectionModel):
    """Which samples get a label, and how late."""

    share: Share = Field(default=1.0, description="share of samples that get a label")
    after: TimeDistribution = Field(default=Constant(0.0), description="from the sample to its label")


class Compute(SectionModel):
    """How long a device computes."""

    inference: TimeDistribution = Field(default=Constant(0.0), description="one prediction")
    training_step: TimeDistribution = Field(default=Constant(0.0), description="one training step")
    macs_per_s: PositiveNumber | None = Field(
        default=None, description="multiply-adds in a second: both times follow from what the method computes"
    )

    @model_validator(mode="after")
    def _times_or_speed(self, info: ValidationInfo) -> Self:
        # A resolved scenario writes every default.
        given = [name for name in ("inference", "training_step") if getattr(self, name) != Constant(0.0)]
        if self.macs_per_s is not None and given:
            raise refuse("follows from macs_per_s; leave one of the two out", given[0])
        if self.macs_per_s is not None and context_of(info).timing_only is True:
            raise refuse("nothing is computed with 'task: none'", "macs_per_s")
        return self


class DevicePower(SectionModel):
    """Energy of a device, for the energy account."""

    idle: Power = Field(default=0.0, description="while idle")
    busy: Power = Field(default=0.0, description="while computing")
    send: EnergyPerByte = Field(default=0.0, description="for each byte sent")
    receive: EnergyPerByte = Field(default=0.0, description="for each byte received")


class Cohort(SectionModel):
    """Devices that are alike."""

    cohort: Name = Field(description="its name")
    devices: Annotated[int, Field(ge=0, le=10**8)] = Field(description="how many")
    samples: Samples = Field(default=Samples.model_construct(rate=0.0), description="the stream of each device")
    labels: Labels = Field(default=Labels.model_construct(share=0.0), description="absent: no labels at all")
    link: str | None = Field(default=None, description="the link to the cloud, by name")
    compute: Compute = Field(default=Compute.model_construct(), description="time that computing takes")
    availability: Availability = Field(default=Always(), description="when devices are there")
    churn: Churn = Field(default=Churn.model_construct(), description="joining late and leaving for good")
    offline: Offline = Field(default=Offline.model_construct(), description="what goes on while a device is away")
    power: DevicePower = Field(default=DevicePower.model_construct(), description="for the energy account")

    @field_validator("link", mode="after")
    @classmethod
    def _link_exists(cls, link: str | None, info: ValidationInfo) -> str | None:
        links = context_of(info).links
        if link is not None and links is not None and link not in links:
            raise ValueError(f"there is no link '{link}'{near_miss(link, list(links))}")
        return link

    @field_validator("cohort", mode="after")
    @classmethod
    def _name_is_its_own(cls, name: str, info: ValidationInfo) -> str:
        if context_of(info).cohort_counts[name] > 1:
            raise ValueError(f"two cohorts are named '{name}'")
        return name

    @model_validator(mode="after")
    def _says_what_the_run_needs(self, info: ValidationInfo) -> Self:
        rest = context_of(info)
        if rest.timing_only is False and "samples" not in self.model_fields_set:
            raise refuse("is missing; write for example 'samples: {every: 1 s}'", "samples")
        if rest.asks and self.link is None:
            raise refuse("is missing; only with 'trigger: never' may a cohort have no link", "link")
        return self
