"""What the validation of a section needs to know about the rest of the scenario: names, horizon, sizes.

It is read from the raw values before validation, as far as they are valid, so that one wrong line hides no
other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from pydantic import ValidationInfo

from agents.tasks import TASKS
from sim.scenario.link_circles import LinkCircles
from sim.scenario.probe import ADAPTERS
from sim.scenario.units import TIME, UnitError
from sim.triggers import TRIGGERS


@dataclass(frozen=True)
class ValidationContext:
    """The rest of the scenario; with the defaults all is unknown, and nothing is refused.

    Attributes:
        duration_s: the horizon; None when unknown.
        cohorts: names of cohorts, in order; None when unknown.
        devices: number of devices in the fleet; None when unknown.
        links: link name -> its raw map; None when unknown.
        concepts: named concepts, raw.
        timing_only: whether ``task: none``; None when unknown.
        data: kind of the task's data.
        classes: number of classes, where the data set fixes it.
        asks: whether devices ever ask the cloud.
        plugins: whether ``pkg.mod:Class`` may be named.
    """

    duration_s: float | None = None
    cohorts: Sequence[str] | None = None
    devices: int | None = None
    links: Mapping[str, Any] | None = None
    concepts: Mapping[str, Any] = field(default_factory=dict)
    timing_only: bool | None = None
    data: str | None = None
    classes: int | None = None
    asks: bool = False
    plugins: bool = True

    @cached_property
    def cohort_counts(self) -> Counter[str]:
        """How many cohorts have each name."""
        return Counter(self.cohorts or ())

    @cached_property
    def circles(self) -> LinkCircles:
        """The circles of links."""
        return LinkCircles(self.links or {})


def context_of(info: ValidationInfo) -> ValidationContext:
    """Return the validation context of the rest of the scenario."""
    return info.context if isinstance(info.context, ValidationContext) else ValidationContext()


def survey(raw: Mapping[str, Any], *, plugins: bool) -> ValidationContext:
    """Read the validation context from raw values; invalid ones are left unknown."""
    fleet = [cohort for cohort in _list(raw.get("fleet")) if isinstance(cohort, Mapping)]
    links, concepts = raw.get("links", {}), raw.get("concepts", {})
    data, classes = _data(raw.get("task"))
    return ValidationContext(
        duration_s=_duration_s(raw.get("duration")),
        cohorts=[str(cohort.get("cohort")) for cohort in fleet],
        devices=_devices(fleet),
        links=links if isinstance(links, Mapping) else None,
        concepts=concepts if isinstance(concepts, Mapping) else {},
        timing_only=raw["task"] == "none" if "task" in raw else None,
        data=data,
        classes=classes,
        asks=_asks(raw.get("method")),
        plugins=plugins,
    )


def _duration_s(value: object) -> float | None:
    try:
        return TIME.parse(value)
    except UnitError:
        return None


def _devices(fleet: Sequence[Mapping[str, Any]]) -> int | None:
    counts = [count for cohort in fleet if type(count := cohort.get("devices")) is int and count >= 0]
    return sum(counts) if len(counts) == len(fleet) else None


def _data(task: object) -> tuple[str | None, Any]:
    """Return the kind of data and its number of classes."""
    data = task.get("data", "") if isinstance(task, Mapping) else ""
    kind = str(kind_of(data))
    row = TASKS.get(kind)
    if row is None or not isinstance(row.classes, str):
        return kind, None if row is None else row.classes
    default = next(one.default for one in fields(row.options) if one.name == row.classes)
    classes = data.get(row.classes, default) if isinstance(data, Mapping) else default
    return kind, classes if type(classes) is int else None


def _asks(method: object) -> bool:
    """Return whether any message will be sent."""
    chosen = (
        ADAPTERS.get(str(_kind(method, "adapter", "static"))),
        TRIGGERS.get(str(_kind(method, "trigger", "never"))),
    )
    return not any(row is not None and "silence" in row.gives for row in chosen)


def kind_of(value: object) -> object:
    """Return the kind that a raw value names: itself, its ``kind``, or what stands before the path of a file."""
    kind = value.get("kind") if isinstance(value, Mapping) else value
    named = kind.partition(":")[0] if isinstance(kind, str) else ""
    return named if named in TASKS and TASKS[named].is_file else kind


def _kind(method: object, part: str, default: str) -> object:
    return kind_of(method.get(part, default) if isinstance(method, Mapping) else default)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
