"""``cloud``: the servers that turn payloads into updates, and how long that takes."""

from __future__ import annotations

import math
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.distributions import Constant, Distribution
from sim.queues import QUEUES
from sim.scenario.context import context_of
from sim.scenario.distribution_fields import MacsPerSecond, ServiceDistribution
from sim.scenario.quantities import Limit, PositiveCount, Power, Time, choice
from sim.scenario.sections import SectionModel, refuse


class Batch(SectionModel):
    """Requests served together: as soon as ``max`` wait, or the oldest has waited ``wait``."""

    max: PositiveCount = Field(default=1, description="largest batch")
    wait: Time = Field(default=0.0, description="how long the oldest request waits for further ones")
    each: Time = Field(default=0.0, description="service time added for every request after the first")


class Failure(SectionModel):
    """The first workers stand still from ``at`` on, ``for`` a while; their work pauses."""

    at: Time = Field(description="start")
    for_: Time = Field(alias="for", description="length")
    workers: PositiveCount | None = Field(default=None, description="how many; default: all")


class CloudPower(SectionModel):
    """Electric power of one worker."""

    idle: Power = Field(default=0.0, description="while waiting")
    busy: Power = Field(default=0.0, description="while serving")


class Cloud(SectionModel):
    """The cloud's queue and servers."""

    workers: PositiveCount = Field(default=1, description="requests served at the same time")
    service: ServiceDistribution = Field(
        default=Constant(0.0),
        description="time to serve a request; macs_per_s: from what is computed; measured: from this machine, once",
    )
    queue: Annotated[str, choice(*QUEUES)] = Field(
        default="fifo", description="order of service; ps: all at once, sharing the workers"
    )
    capacity: Limit = Field(default=math.inf, description="requests that fit, served ones included; more are rejected")
    batch: Batch = Field(default=Batch.model_construct(), description="serving several requests together")
    failures: list[Failure] = Field(default_factory=list, description="when workers stand still")
    power: CloudPower = Field(default=CloudPower.model_construct(), description="for the energy account")

    @field_validator("service", mode="after")
    @classmethod
    def _something_to_compute(cls, service: Distribution | MacsPerSecond | str, info: ValidationInfo) -> Any:
        if isinstance(service, MacsPerSecond | str) and context_of(info).timing_only is True:
            raise ValueError("nothing is computed with 'task: none'; give a time or a law")
        return service

    @model_validator(mode="after")
    def _pairs_that_work(self) -> Self:
        if isinstance(self.service, MacsPerSecond | str) and self.batch.each:
            raise refuse("follows from what is computed; leave it out, or give the service as a time", "batch", "each")
        row = QUEUES[self.queue]
        if self.batch.max > 1 and "batches" not in row.gives:
            raise refuse(f"batches are served first come, first served; 'queue: {self.queue}' has none", "batch")
        for number, failure in enumerate(self.failures):
            if (failure.workers or 0) > self.workers:
                raise refuse(f"there are only {self.workers} workers", "failures", number, "workers")
        partly = any((failure.workers or self.workers) < self.workers for failure in self.failures)
        if "common failures" in row.needs and partly:
            raise refuse(f"with 'queue: {self.queue}' all workers share the work, so all fail together", "failures")
        return self
