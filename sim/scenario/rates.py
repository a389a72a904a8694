"""Rates of a link: constant, random, or recorded in a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from sim.network.rates import RATES
from sim.scenario.components import keyed
from sim.scenario.context import context_of
from sim.scenario.drift import Change
from sim.scenario.fleet import Cohort
from sim.scenario.quantities import (
    Column,
    Count,
    DataPath,
    PhaseTime,
    PositiveNumber,
    Rate,
    Size,
    choice,
    quantity,
)
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Shorthand, alternatives, exactly_one
from sim.scenario.transforms import is_recorded
from sim.scenario.units import RATE

#: No rate is as large; sums of such numbers stay finite.
_MOST = 1e30


class Trace(SectionModel):
    """A recorded rate (or ping) over time. One trace serves many devices, each from its own offset."""

    file: DataPath = Field(description="the trace; a member of an archive is 'FILE.zip!member.csv'")
    column: Column | None = Field(default=None, description="of the values: a name, or a number from 1")
    unit: str | None = Field(default=None, description="of the values, where their column does not name it")
    time_column: Column | None = Field(default=None, description="of the times: a name, or a number from 1")
    time_unit: Annotated[str, choice("ns", "us", "ms", "s", "min", "h", "d")] | None = Field(
        default=None, description="of the times, where their column does not name it"
    )
    decimal: Annotated[str, choice(".", ",")] = Field(
        default=".", description="between the whole part of a number and its fraction"
    )
    thousands: str | None = Field(
        default=None, description="between groups of three digits; default: there is no such sign"
    )
    time_format: str | None = Field(
        default=None, description="how dates are laid out, as in '%d/%m/%Y %H:%M', where they can be read in two ways"
    )
    skip: Count = Field(default=0, description="lines at the beginning of the file that are left out")
    end: Annotated[str, choice("repeat", "once")] = Field(
        default="repeat", description="after the last row: begin again, or nothing passes any more"
    )
    offset: PhaseTime = Field(default=0.0, description="where in the trace t = 0 lies; random: each device its own")
    scale: PositiveNumber = Field(default=1.0, description="multiplies every value")

    @model_validator(mode="after")
    def _thousands_fit(self) -> Self:
        sign = self.thousands
        if sign is not None and (len(sign) != 1 or sign in '0123456789+-eE"' or sign == self.decimal):
            raise refuse("is one sign, neither a digit nor what decimal is", "thousands")
        return self

    def must_load(self, load: Callable[..., Any], duration_s: float | None) -> None:
        """Read the file now, so that its errors are reported before anything runs.

        Raises:
            ValueError: the loader's message, with the file's own line; or a trace that ends before the run does.
        """
        from sim.links.link_rates import columns_of
        from sim.network.traces.recorded import TraceError

        try:
            loaded = load(self.file, **columns_of(self))
        except TraceError as error:
            raise ValueError(str(error)) from None
        if not loaded.mean_bps * self.scale < _MOST:
            raise ValueError(f"scale {self.scale:g} makes values above {_MOST:g} of it; write a smaller one")
        begins_s = self.offset if isinstance(self.offset, float) else 0.0
        lasts_s = loaded.period_s - begins_s
        if self.end == "once" and duration_s is not None and lasts_s < duration_s:
            raise ValueError(
                f"the trace lasts {max(lasts_s, 0.0):g} s from its offset on, the run {duration_s:g} s; "
                "with 'end: once' nothing passes after that: shorten the run, or write 'end: repeat'"
            )


TraceField = Annotated[
    Trace, Shorthand(lambda value: {"file": value} if isinstance(value, str) else value, {"type": "string"})
]


def _read_rate(trace: Trace, info: ValidationInfo) -> Trace:
    from sim.network.traces.recorded import load_rate

    trace.must_load(load_rate, context_of(info).duration_s)
    return trace


#: A trace of a rate, which is read at once.
RateTrace = Annotated[TraceField, AfterValidator(_read_rate)]


class Bucket(SectionModel):
    """A token bucket in front of the link: bursts pass at line rate, the rest at ``rate``."""

    rate: Rate = Field(description="long-run rate")
    burst: Size = Field(description="bytes that pass at line rate when the bucket is full")


_Rates: Any = keyed("Rates", RATES)


class LinkRate(_Rates):
    """Bits per second in one direction: exactly one of ``rate``, ``trace``, ``markov``, ``fitted``."""

    bucket: Bucket | None = Field(default=None, description="token bucket in front of the link")

    @model_validator(mode="before")
    @classmethod
    def _newest_alternative(cls, value: Any) -> Any:
        return alternatives(value, tuple(RATES))

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        exactly_one(self, tuple(RATES))
        return self


LinkRateField = Annotated[
    LinkRate,
    Shorthand(lambda value: value if isinstance(value, dict) else {"rate": value}, quantity(RATE).schema),
]


def refuse_arrival_rates(change: Change, number: int, fleet: Sequence[Cohort], data: str | None) -> None:
    """Check that an entry of drift changes no rate that is fixed.

    Raises:
        ValidationError: a factor on the rate of samples that are periodic, or recorded, or dealt out of a recording.
    """
    path = next((path for path, concept in change.shows if concept.arrivals not in (None, 1.0)), None)
    if path is None:
        return
    if is_recorded(data):
        raise refuse(
            f"the samples of '{data}' are recorded; they cannot come faster or slower",
            "drift",
            number,
            *path,
            "arrivals",
        )
    for cohort in fleet:
        if change.cohort in (None, cohort.cohort) and cohort.samples.arrivals != "poisson":
            text = f"needs 'arrivals: poisson'; cohort '{cohort.cohort}' has {cohort.samples.arrivals} arrivals"
            raise refuse(text, "drift", number, *path, "arrivals")
