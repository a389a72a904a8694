"""Rates of a link: constant, random, or recorded in a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.scenario.clause import Clause
from sim.scenario.quantities import (
    Column,
    DataPath,
    PhaseTime,
    PositiveCount,
    PositiveNumber,
    PositiveTime,
    Rate,
    Share,
    Size,
    choice,
    quantity,
)
from sim.scenario.surroundings import around
from sim.scenario.units import RATE
from sim.scenario.variants import Shorthand, alternatives, exactly_one

THROUGHPUTS = ("rate", "trace", "markov", "fitted")


class Trace(Clause):
    """A recorded rate (or ping) over time. One trace serves many devices, each from its own offset."""

    file: DataPath = Field(description="the trace; a member of an archive is 'FILE.zip!member.csv'")
    column: Column | None = Field(default=None, description="of the values: a name, or a number from 1")
    unit: str | None = Field(default=None, description="of the values, where their column does not tell")
    time_column: Column | None = Field(default=None, description="of the times: a name, or a number from 1")
    time_unit: Annotated[str, choice("ms", "s", "min", "h")] | None = Field(
        default=None, description="of the times, where their column does not tell"
    )
    end: Annotated[str, choice("repeat", "once")] = Field(
        default="repeat", description="after the last row: begin again, or nothing passes any more"
    )
    offset: PhaseTime = Field(default=0.0, description="where in the trace t = 0 lies; random: each device its own")
    scale: PositiveNumber = Field(default=1.0, description="multiplies every value")

    def must_load(self, load: Callable[..., Any], duration_s: float | None) -> None:
        """Read the file now, so that what is wrong with it is said before anything runs.

        Raises:
            ValueError: what the loader says, with the file's own line; or a trace that ends before the run does.
        """
        from sim.network.traces import TraceError

        columns = {"column": self.column, "unit": self.unit}
        try:
            loaded = load(self.file, **columns, time_column=self.time_column, time_unit=self.time_unit)
        except TraceError as error:
            raise ValueError(str(error)) from None
        begins_s = self.offset if isinstance(self.offset, float) else 0.0
        lasts_s = loaded.period_s - begins_s
        if self.end == "once" and duration_s is not None and lasts_s < duration_s:
            raise ValueError(
                f"the trace lasts {lasts_s:g} s from its offset on, the run {duration_s:g} s; "
                "with 'end: once' nothing passes after that: shorten the run, or write 'end: repeat'"
            )


TraceField = Annotated[
    Trace, Shorthand(lambda value: {"file": value} if isinstance(value, str) else value, {"type": "string"})
]


class Markov(Clause):
    """A rate that jumps between states and stays in each for an exponential time."""

    states: list[Rate] = Field(min_length=1, description="the rate in each state")
    stay: list[PositiveTime] = Field(min_length=1, description="mean time in each state")
    next: list[list[Share]] | None = Field(
        default=None,
        description="probability of each next state, one row per state; default: all others alike",
    )

    @model_validator(mode="after")
    def _shapes_agree(self) -> Self:
        states = len(self.states)
        if len(self.stay) != states:
            raise ValueError(f"{states} states but {len(self.stay)} times to stay")
        rows = self.next or []
        if rows and [len(row) for row in rows] != [states] * states:
            raise ValueError(f"next has to hold {states} rows of {states} probabilities")
        if any(abs(sum(row) - 1) > 1e-9 for row in rows):
            raise ValueError("each row of next has to sum to 1")
        return self


class Fitted(Clause):
    """A Markov rate fitted to a trace: quantile states, empirical jumps."""

    trace: TraceField
    states: PositiveCount = Field(default=4, description="number of rate levels")


class Bucket(Clause):
    """A token bucket in front of the line: bursts pass at line rate, the rest at ``rate``."""

    rate: Rate = Field(description="long-run rate")
    burst: Size = Field(description="bytes that pass at line rate when the bucket is full")


class Throughput(Clause):
    """Bits per second in one direction: exactly one of ``rate``, ``trace``, ``markov``, ``fitted``."""

    rate: Rate | None = Field(default=None, description="constant [bit/s]; 0 bit/s: nothing ever arrives")
    trace: TraceField | None = Field(default=None, description="recorded in a file")
    markov: Markov | None = Field(default=None, description="random: jumps between given rates")
    fitted: Fitted | None = Field(default=None, description="random: jumps between rates fitted to a trace")
    bucket: Bucket | None = Field(default=None, description="token bucket in front of the line")

    @model_validator(mode="before")
    @classmethod
    def _newest_alternative(cls, value: Any) -> Any:
        return alternatives(value, THROUGHPUTS)

    @field_validator("trace", mode="after")
    @classmethod
    def _trace_can_be_read(cls, trace: Trace | None, info: ValidationInfo) -> Trace | None:
        from sim.network.traces import load_rate

        if trace is not None:
            trace.must_load(load_rate, around(info).duration_s)
        return trace

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        exactly_one(self, THROUGHPUTS)
        return self


ThroughputField = Annotated[
    Throughput,
    Shorthand(lambda value: value if isinstance(value, dict) else {"rate": value}, quantity(RATE).schema),
]
