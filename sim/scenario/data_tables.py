"""Data from files, and among them ``table``: rows of a CSV or ARFF file in natural order."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from sim.scenario.clause import Clause, refuse
from sim.scenario.quantities import Column, DataPath, PositiveCount, PositiveNumber, Share, choice
from sim.scenario.units import shown


class Files(Clause):
    """Data read from a file or folder."""

    path: DataPath = Field(description="file or folder")


class Table(Files):
    """A CSV or ARFF table, gzipped or not; the first rows are the cloud's past, the others the devices' streams."""

    kind: Literal["table"] = "table"
    target: Column | None = Field(default=None, description="the class, by name or number from 0; default: last column")
    history: Share = Field(default=0.2, description="share of the rows, from the first, that is the cloud's past")
    deal: Annotated[str, choice("round_robin", "contiguous", "column")] = Field(
        default="round_robin", description="how rows are dealt to devices: in turn, a stretch each, or by their owner"
    )
    column: Column | None = Field(default=None, description="with 'deal: column': whose value names the device")
    among: PositiveCount | None = Field(
        default=None, description="how many shares are dealt, so that streams do not depend on the fleet's size"
    )
    time: Column | None = Field(default=None, description="when a row was recorded: numbers or ISO dates, in order")
    compression: PositiveNumber | None = Field(
        default=None, description="units of 'time' (s of a date) in a second of the run; default: it fills the run"
    )
    at_end: Annotated[str, choice("stop", "repeat")] = Field(
        default="stop", description="what a device does whose rows are out"
    )
    missing: Annotated[str, choice("refuse", "mean")] = Field(
        default="refuse", description="features that are missing: an error, or the mean of the past"
    )
    ignore: list[Column] = Field(default=[], description="columns to leave out")
    nominal: list[Column] = Field(default=[], description="columns whose numbers are categories: one feature for each")
    delimiter: str | None = Field(default=None, description="between columns; default: what the file uses")
    header: bool | None = Field(default=None, description="whether the first line names columns; default: found out")
    contexts: PositiveCount = Field(default=8, description="stretches of the past, as adapters see it")
    segments: PositiveCount = Field(default=20, description="stretches of the streams, one oracle head pair in each")

    @field_validator("delimiter", mode="after")
    @classmethod
    def _is_one_sign(cls, delimiter: str | None) -> str | None:
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
            raise ValueError(f"{shown(delimiter)} is no delimiter; write one sign, for example ';' or a tab as \"\\t\"")
        return delimiter

    @model_validator(mode="after")
    def _dealt_in_one_way(self) -> Self:
        if self.deal == "column" and self.column is None:
            raise refuse("is missing; with 'deal: column' it names the column that tells whose a row is", "column")
        if self.deal != "column" and self.column is not None:
            raise refuse("goes with 'deal: column'", "column")
        if self.deal == "column" and self.among is not None:
            raise refuse("goes with 'deal: round_robin' or 'contiguous'; owners share nothing", "among")
        return self
