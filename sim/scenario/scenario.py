"""The whole scenario as values: what the YAML says, checked, in base units, every default filled in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from agents.tasks import TASKS
from sim.distributions import Empirical
from sim.scenario.claim_fit import ClaimField, misfit
from sim.scenario.cloud import Cloud
from sim.scenario.concepts import Concept
from sim.scenario.context import context_of
from sim.scenario.drift import Drift
from sim.scenario.execution import Execution, Sweep
from sim.scenario.fleet import Cohort
from sim.scenario.inner_method import rows_of
from sim.scenario.layer_fit import layers_wanting, squared_misfit
from sim.scenario.links import Link
from sim.scenario.method import Method
from sim.scenario.quantities import Count, Name, PositiveTime
from sim.scenario.rates import refuse_arrival_rates
from sim.scenario.references import Reference, default_references, refused_reference, with_oracle_named
from sim.scenario.run_size import excesses
from sim.scenario.section_fit import section_misfits
from sim.scenario.sections import SectionModel, fault, refuse
from sim.scenario.tagged_union import Shorthand
from sim.scenario.task import Task
from sim.scenario.units import TIME

MAX_TICKS = 10_000_000
#: Sections that name or arrange a run but do not change its result.
OUTSIDE_FINGERPRINT = ("name", "description", "execution", "sweep", "claims")


def _default_tick_s(given: dict[str, Any]) -> float:
    return min(10.0, given.get("duration", 10.0))


#: What a method may ask of the data's answers, and what to do where it is not there.
_KINDS_OF_ANSWERS = frozenset({"items", "classes"})
_REMEDIES = {
    "items": "write for example 'data: synthetic_interactions, model: sasrec'",
    "classes": "write for example 'data: digits, model: mlp'",
}


def _default_references(given: dict[str, Any]) -> list[str]:
    if given.get("task") is None:
        return []
    return default_references(given["task"].data.kind)


class Scenario(SectionModel):
    """One scenario. Attribute names are the YAML keys; times are seconds, rates bit/s, sizes bytes."""

    version: Annotated[int, Field(ge=1, le=1)] = Field(description="of this grammar: 1")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=64)] = Field(
        default="scenario", description="names the run; default: the file's own name"
    )
    description: str | None = Field(default=None, description="what the scenario studies")
    seed: Count = Field(default=0, description="of every random number in the run")
    duration: PositiveTime = Field(description="virtual time from 0 to the end")
    tick: PositiveTime = Field(
        default_factory=_default_tick_s, description="monitoring period and grid of the tables; default: 10 s"
    )
    task: Annotated[Task | None, Shorthand(lambda value: None if value == "none" else value, {"const": "none"})] = (
        Field(description="data and model; none: timing only")
    )
    fleet: list[Cohort] = Field(min_length=1, description="cohorts of devices")
    concepts: dict[Name, Concept] = Field(
        default_factory=dict, description="concepts by name, for 'to: night' or 'to: [night, {blur: 2}]'"
    )
    drift: list[Drift] = Field(default_factory=list, description="when concepts change")
    links: dict[Name, Link] = Field(default_factory=dict, description="name -> link")
    cloud: Cloud = Field(default=Cloud(), description="queue and servers")
    method: Method = Field(default=Method(), description="adapter, trigger, codec")
    references: list[Reference] = Field(
        default_factory=_default_references, description="judged on the very same samples, in the same run"
    )
    sweep: Sweep | None = Field(default=None, description="several runs in one file")
    claims: list[ClaimField] = Field(default_factory=list, description="findings that the sweep is to show")
    execution: Execution = Field(default=Execution(), description="where to run")

    @property
    def devices(self) -> int:
        """Number of devices in the fleet."""
        return sum(cohort.devices for cohort in self.fleet)

    def resolved(self) -> dict[str, Any]:
        """Return the scenario as plain data in long form, with units; it loads again to an equal one."""
        return self.written() | ({"task": "none"} if self.task is None else {})

    def fingerprint(self) -> str:
        """Return the SHA-256 of all that can change the result; files count by content, not by name."""
        whole = {key: value for key, value in self.resolved().items() if key not in OUTSIDE_FINGERPRINT}
        contents = {str(path): _content(path) for path in _paths(self.plain())}
        text = json.dumps(_replaced(whole, contents), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @field_validator("tick", mode="after")
    @classmethod
    def _tick_fits(cls, tick: float, info: ValidationInfo) -> float:
        end = context_of(info).duration_s
        if end is not None and tick > end > 0:
            raise ValueError(f"{TIME.format(tick)} is longer than the run ({TIME.format(end)})")
        if end is not None and end > tick * MAX_TICKS:
            raise ValueError(f"makes more than {MAX_TICKS} ticks; write a longer one")
        return tick

    @field_validator("fleet", mode="after")
    @classmethod
    def _has_devices(cls, fleet: list[Cohort]) -> list[Cohort]:
        if not sum(cohort.devices for cohort in fleet):
            raise ValueError("has no devices at all")
        return fleet

    @model_validator(mode="after")
    def _no_pause_behind_a_bucket(self) -> Self:
        for number, cohort in enumerate(self.fleet):
            link = None if cohort.link is None else self.links.get(cohort.link)
            buckets = link is not None and (link.up.bucket or link.down.bucket)
            if buckets and (cohort.availability.kind != "always" or cohort.churn != type(cohort.churn)()):
                text = f"devices that come and go cannot use link '{cohort.link}': it has a token bucket"
                raise refuse(text, "fleet", number, "link")
        return self

    @model_validator(mode="after")
    def _batches_share_steps(self) -> Self:
        alone = self.cloud.batch.max == 1
        if alone and getattr(self.method.adapter, "allocation", None) == "profiled":
            text = "shares the steps of a batch; write for example 'cloud: {batch: {max: 16, wait: 10 s}}'"
            raise refuse(f"'profiled' {text}", "method", "adapter", "allocation")
        return self

    @model_validator(mode="after")
    def _method_has_what_it_ranks(self) -> Self:
        data = None if self.task is None else self.task.data.kind
        if data is None or data not in TASKS:
            return self
        for part, row in rows_of(self.method.adapter):
            for missing in _KINDS_OF_ANSWERS & row.needs - TASKS[data].gives:
                text = f"'{part.kind}' needs {missing}, which '{data}' has not; {_REMEDIES[missing]}"
                raise refuse(text, "method", *part.path)
        return self

    @model_validator(mode="after")
    def _method_finds_its_layers(self) -> Self:
        if self.task is not None and (wrong := layers_wanting(self.method.adapter, self.task.model)):
            raise refuse(f"'{self.method.adapter.kind}' {wrong}", "method", "adapter")
        if self.task is not None and (wrong := squared_misfit(self.method.adapter, self.task.model)):
            raise refuse(f"'squared' {wrong}", "method", "adapter", "loss")
        return self

    @model_validator(mode="after")
    def _sections_fit(self) -> Self:
        if found := [fault(text, *path) for text, path in section_misfits(self)]:
            raise ValidationError.from_exception_data("scenario", found)
        return self

    @model_validator(mode="after")
    def _references_can_be_had(self) -> Self:
        for number, name in enumerate(self.references if self.task else ()):
            if self.task and (refusal := refused_reference(name, self.task.data.kind)):
                raise refuse(refusal, "references", number)
            if name in self.references[:number]:
                raise refuse(f"'{name}' stands there twice", "references", number)
        return self

    @model_validator(mode="after")
    def _claims_are_about_the_sweep(self) -> Self:
        grid = self.sweep.axes if self.sweep else {}
        for number, claim in enumerate(self.claims):
            if wrong := misfit(claim, grid):
                raise refuse(str(wrong), "claims", number, *wrong.option)
        return self

    @model_validator(mode="after")
    def _rate_drift_is_possible(self, info: ValidationInfo) -> Self:
        for number, change in enumerate(self.drift):
            refuse_arrival_rates(change, number, self.fleet, context_of(info).data)
        return self

    @model_validator(mode="after")
    def _fits_time_and_memory(self) -> Self:
        if found := [fault(excess.message, *excess.path) for excess in excesses(self)]:
            raise ValidationError.from_exception_data("scenario", found)
        return self

    @field_validator("drift", "references", mode="before")
    @classmethod
    def _needs_a_task(cls, value: Any, info: ValidationInfo) -> Any:
        if value and context_of(info).timing_only:
            raise ValueError("needs a task; with 'task: none' there is nothing to judge or change")
        return value

    @field_validator("references", mode="before")
    @classmethod
    def _oracles_have_names(cls, value: Any, info: ValidationInfo) -> Any:
        return with_oracle_named(value, context_of(info).data)


def _paths(value: Any) -> Iterator[Path]:
    """Yield every file and folder that a scenario's values name."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Empirical) and value.source:
        yield Path(value.source[0])
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _paths(item)


def _replaced(value: Any, by: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, by) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, by) for item in value]
    return by.get(value, value) if isinstance(value, str) else value


def _content(path: Path) -> str:
    """Return what stands for a path: the SHA-256 of its content, and the member of an archive it names."""
    name, _, member = str(path).partition("!")
    outer = Path(name)
    digest = hashlib.sha256()
    for file in sorted(outer.rglob("*")) if outer.is_dir() else [outer]:
        if file.is_file():
            digest.update(file.relative_to(outer).as_posix().encode() + b"\0")
            with file.open("rb") as stream:
                while piece := stream.read(1 << 20):
                    digest.update(piece)
    return f"sha256:{digest.hexdigest()}!{member}"
