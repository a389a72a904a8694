"""When devices are there: always, in turns, by day, as recorded; and joining and leaving for good."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sim.distributions import Constant
from sim.network.traces.device_states import STATES
from sim.scenario.distribution_fields import EndDistribution, TimeDistribution
from sim.scenario.quantities import DataPath, PhaseTime, PositiveTime, Share, Time, choice
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Shorthand, TaggedUnion
from sim.scenario.units import TIME


class Always(SectionModel):
    """Always there."""

    kind: Literal["always"] = "always"


class Renewal(SectionModel):
    """In turns: there for ``on``, away for ``off``, each device on its own."""

    kind: Literal["renewal"] = "renewal"
    on: TimeDistribution = Field(description="how long a device stays")
    off: TimeDistribution = Field(description="how long it is away")
    start: Annotated[str, choice("random", "on", "off")] = Field(
        default="random", description="state at t = 0; random: as after a long time"
    )

    @model_validator(mode="after")
    def _is_there_at_times(self) -> Self:
        if not self.on.mean > 0.0:
            raise refuse("is always 0 s: no device would ever be there; write a longer time", "on")
        return self


class Diurnal(SectionModel):
    """There every day from ``from`` until ``until``, local time."""

    kind: Literal["diurnal"] = "diurnal"
    from_: Time = Field(alias="from", description="time of day, as in '22 h'")
    until: Time = Field(description="time of day; before 'from' means the next day")
    day: PositiveTime = Field(default=86400.0, description="length of a day")
    zones: list[Time] = Field(
        default_factory=lambda: [0.0],
        min_length=1,
        description="how far ahead local clocks are; dealt to devices in turn",
    )
    jitter: Time = Field(default=0.0, description="each device's own shift, up to this much later")
    share: Share = Field(default=1.0, description="probability that a device comes on a given day")

    @model_validator(mode="after")
    def _shifts_are_within_a_day(self) -> Self:
        for name, longest in (("zones", max(self.zones, default=0.0)), ("jitter", self.jitter)):
            if longest > self.day:
                raise refuse(f"{TIME.format(longest)} is longer than a day ({TIME.format(self.day)})", name)
        return self


class RecordedAvailability(SectionModel):
    """As recorded: a file of 'device start end' rows, or JSON of device states, dealt to devices in turn.

    Times are seconds, unless a header says otherwise, or dates; they count from the first window of the file.
    """

    kind: Literal["trace"] = "trace"
    file: DataPath
    offset: PhaseTime = Field(default=0.0, description="where in the trace t = 0 lies; random: each device its own")
    end: Annotated[str, choice("repeat", "once")] = "repeat"
    states: list[Annotated[str, choice(*STATES)]] = Field(
        default_factory=list, description="of JSON with events: a device is there while all of these hold"
    )


AVAILABILITIES: dict[str, type[SectionModel]] = {
    "always": Always,
    "renewal": Renewal,
    "diurnal": Diurnal,
    "trace": RecordedAvailability,
}


def _long(value: Any) -> Any:
    """Name the kind that a map without one means: ``{on, off}``, ``{diurnal: {...}}``, ``{trace: FILE}``."""
    if not isinstance(value, dict) or "kind" in value:
        return value
    if value.keys() & {"on", "off"}:
        return {"kind": "renewal", **value}
    for kind in ("diurnal", "trace"):
        inner = value.get(kind)
        if inner is not None and len(value) == 1:
            return {"kind": kind, **(inner if isinstance(inner, dict) else {"file": inner})}
    return value


Availability = Annotated[
    Always | Renewal | Diurnal | RecordedAvailability,
    TaggedUnion("availability", AVAILABILITIES),
    Shorthand(_long, {"type": "object"}),
]


class Churn(SectionModel):
    """Joining late and leaving for good."""

    joins: TimeDistribution = Field(default=Constant(0.0), description="when a device appears")
    leaves: EndDistribution = Field(default="never", description="how long after joining it leaves for good")


class Offline(SectionModel):
    """What goes on while a device is away."""

    transfers: Annotated[str, choice("pause", "abort")] = Field(
        default="pause", description="what happens to a message under way"
    )
    samples: Annotated[str, choice("continue", "stop")] = Field(
        default="continue", description="whether the device keeps seeing samples"
    )
