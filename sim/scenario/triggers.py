"""``method.trigger``: when a device asks the cloud for an update."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, create_model, model_validator

from agents.contract.component import hints_of, parts_of
from agents.contract.forms import Interval, OneOf
from agents.detectors import DETECTORS
from agents.signals import SIGNALS
from sim.scenario import units
from sim.scenario.clause import Clause, refuse
from sim.scenario.quantities import (
    Count,
    Frequency,
    PhaseTime,
    PositiveCount,
    PositiveNumber,
    PositiveTime,
    Share,
    Time,
    Written,
    choice,
    quantity,
)
from sim.scenario.surroundings import around
from sim.scenario.units import shown
from sim.scenario.variants import Plugin, Variants, exactly_one


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


class Budget(Clause):
    """A token bucket of each device: it begins full, and is filled again evenly."""

    asks: PositiveCount = Field(description="requests of a device")
    per: PositiveTime = Field(description="in this time; after a quiet while they may come at once")


def _section(kind: str, options: type[Any]) -> type[Clause]:
    """Return the grammar of the options of a detector."""
    hints: dict[str, Any] = hints_of(options)  # type: ignore[arg-type]  # a type is hashable
    fields: dict[str, Any] = {
        one.name: (_typed(hints[one.name]), Field(default=one.default, description=one.metadata["description"]))
        for one in dataclasses.fields(options)
    }
    fields["kind"] = (Literal[kind], kind)
    return create_model(options.__name__, __base__=Clause, __doc__=options.__doc__, **fields)


def _typed(hint: Any) -> Any:
    """Return an annotation with what the grammar checks in place of markers."""
    bare, markers = parts_of(hint)
    for marker in markers:
        if isinstance(marker, OneOf):
            bare = Annotated[bare, choice(*marker.names)]
        elif isinstance(marker, Interval):
            bounds: dict[str, Any] = {name: bound for name, bound in vars(marker).items() if bound is not None}
            bare = Annotated[bare, Field(**bounds, allow_inf_nan=False if bare is float else None)]
    return bare


DETECTOR_SECTIONS: dict[str, type[Clause]] = {kind: _section(kind, row.options) for kind, row in DETECTORS.items()}

DetectorSection = Annotated[Clause, Variants("detector", DETECTOR_SECTIONS, "method.trigger.detector", Plugin)]


def _refuse_timing_only(info: ValidationInfo) -> None:
    if around(info).timing_only is True:
        raise ValueError("watches samples; with 'task: none' there are none")


class Limited(Clause):
    """A trigger that may be held back."""

    cooldown: Time = Field(default=0.0, description="a device does not ask again for this long")
    budget: Budget | None = Field(default=None, description="most requests of a device; default: no limit")


class Detector(Limited):
    """When a change detector on the device raises an alarm, noticed at the next tick."""

    kind: Literal["detector"] = "detector"
    signal: Annotated[str, choice(*SIGNALS)] = Field(description="what is watched; error and loss once labels are due")
    detector: DetectorSection = Field(description="how it is watched")

    @model_validator(mode="after")
    def _fits_the_signal(self, info: ValidationInfo) -> Self:
        _refuse_timing_only(info)
        kind = getattr(self.detector, "kind", "")
        needs = DETECTORS[kind].needs if kind in DETECTORS else frozenset[str]()
        if "bits" in needs - SIGNALS[self.signal].gives:
            fitting = ", ".join(name for name, signal in SIGNALS.items() if "bits" in signal.gives)
            raise refuse(f"watches values of 0 and 1, not '{self.signal}'; signals that fit: {fitting}", "detector")
        return self


class Gate(Limited):
    """When the method's own estimate says that an update would help enough, at ticks."""

    kind: Literal["gate"] = "gate"
    threshold: Annotated[float, Field(allow_inf_nan=False)] | None = Field(default=None, description="ask above this")
    quantile: Share | None = Field(default=None, description="instead: ask above this quantile of the fleet's gates")
    history: PositiveCount = Field(default=16, description="ticks over which the quantile is taken")

    @model_validator(mode="after")
    def _one_limit(self, info: ValidationInfo) -> Self:
        _refuse_timing_only(info)
        exactly_one(self, ("threshold", "quantile"))
        return self


class Dummy(Limited):
    """At random ticks, as often as a detector would ask: what detectors are compared with at equal messages."""

    kind: Literal["dummy"] = "dummy"
    alarms: Count | None = Field(default=None, description="of the whole fleet over the run, exactly so many")
    rate: Frequency | None = Field(default=None, description="instead: alarms per time and device")

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        exactly_one(self, ("alarms", "rate"))
        return self


class IntellectReq(Clause):
    """When updated parameters would help most, within a budget (arXiv 2302.07335)."""

    kind: Literal["intellectreq"] = "intellectreq"
    budget: Share = Field(description="share of monitoring periods in which a device may ask")


class Rounds(Clause):
    """Federated rounds: the cloud calls cohorts of devices."""

    kind: Literal["rounds"] = "rounds"
    every: PositiveTime = Field(description="time between rounds")
    cohort_size: PositiveCount = Field(description="devices called")
    over_select: PositiveNumber = Field(default=1.0, description="call this many times more")
    wait_for: Share = Field(default=1.0, description="close the round when this share has answered")
    timeout: PositiveTime | None = Field(default=None, description="close the round then at the latest")


TRIGGERS: dict[str, type[Clause]] = {
    "never": Never,
    "periodic": Periodic,
    "poisson": Poisson,
    "at": At,
    "every_samples": EverySamples,
    "detector": Detector,
    "gate": Gate,
    "dummy": Dummy,
    "intellectreq": IntellectReq,
    "rounds": Rounds,
}

Trigger = Annotated[
    Never | Periodic | Poisson | At | EverySamples | Detector | Gate | Dummy | IntellectReq | Rounds | Plugin,
    Variants("trigger", TRIGGERS, "method.trigger", Plugin),
]
