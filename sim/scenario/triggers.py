"""``method.trigger``: when a device asks the cloud for an update."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from sim.scenario import units
from sim.scenario.clause import Clause
from sim.scenario.quantities import (
    Frequency,
    PhaseTime,
    PositiveCount,
    PositiveNumber,
    PositiveTime,
    Share,
    Written,
    quantity,
)
from sim.scenario.surroundings import around
from sim.scenario.units import shown
from sim.scenario.variants import Plugin, Variants


class Never(Clause):
    """Devices never ask."""

    kind: Literal["never"] = "never"


class Periodic(Clause):
    """Every so often."""

    kind: Literal["periodic"] = "periodic"
    every: PositiveTime = Field(description="time between requests")
    phase: PhaseTime = Field(
        default="random", description="time of the first; random: each device its own in (0, every)"
    )


class Poisson(Clause):
    """At random, each device on its own."""

    kind: Literal["poisson"] = "poisson"
    rate: Frequency = Field(description="requests per time and device; 0 /s: none")


def _read_ids(value: Any, info: ValidationInfo) -> list[int] | str:
    if value == "all":
        return "all"
    if not isinstance(value, list) or any(type(item) is not int or item < 0 for item in value):
        raise ValueError(f"{shown(value)} names no devices; write all, or a list of ids")
    fleet = around(info).devices
    strange = [item for item in value if fleet is not None and item >= fleet]
    if strange:
        raise ValueError(f"there is no device {strange[0]}; ids run from 0 to {fleet - 1 if fleet else 0}")
    return value


DeviceIds = Annotated[
    list[int] | str,
    Written(_read_ids, lambda v: v, {"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "integer"}}]}),
]


def _read_moment(value: Any, info: ValidationInfo) -> float:
    at_s, end_s = units.TIME.parse(value), around(info).duration_s
    if end_s is not None and at_s > end_s:
        raise ValueError(f"'{value}' is after the end of the run ({units.TIME.format(end_s)})")
    return at_s


Moment = Annotated[float, Written(_read_moment, units.TIME.format, quantity(units.TIME).schema)]


class Ask(Clause):
    """Some devices ask at given times."""

    times: list[Moment] = Field(description="when")
    devices: DeviceIds = Field(default="all", description="who: all, or a list of ids")


class At(Clause):
    """At given times; ``asks`` gives different devices different times."""

    kind: Literal["at"] = "at"
    times: list[Moment] = Field(default_factory=list, description="when")
    devices: DeviceIds = Field(default="all", description="who: all, or a list of ids")
    asks: list[Ask] = Field(default_factory=list, description="more of the same for other devices")

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if not self.times and not self.asks:
            raise ValueError("times or asks are needed, for example 'times: [60 s]'")
        return self

    @property
    def all_asks(self) -> list[Ask]:
        """Every (times, devices) of the trigger, in order."""
        own = [Ask.model_construct(times=self.times, devices=self.devices)] if self.times else []
        return own + self.asks


class EverySamples(Clause):
    """After every ``n`` samples, noticed at the next tick."""

    kind: Literal["every_samples"] = "every_samples"
    n: PositiveCount = Field(description="samples between requests")


class Rounds(Clause):
    """Federated rounds: the cloud calls devices, they learn and report."""

    kind: Literal["rounds"] = "rounds"
    every: PositiveTime = Field(description="time between rounds")
    cohort_size: PositiveCount = Field(description="reports that a round is after")
    over_select: PositiveNumber = Field(default=1.0, description="call this many times more devices")
    wait_for: Share = Field(default=1.0, description="close the round when this share has reported")
    timeout: PositiveTime | None = Field(default=None, description="close the round then at the latest")


TRIGGERS: dict[str, type[Clause]] = {
    "never": Never,
    "periodic": Periodic,
    "poisson": Poisson,
    "at": At,
    "every_samples": EverySamples,
    "rounds": Rounds,
}

Trigger = Annotated[
    Never | Periodic | Poisson | At | EverySamples | Rounds | Plugin,
    Variants("trigger", TRIGGERS, Plugin),
]
