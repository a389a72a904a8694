"""Times within the run, times between switches, and devices by their ids."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from sim.scenario import units
from sim.scenario.context import context_of
from sim.scenario.quantities import PositiveTime, Written, quantity
from sim.scenario.units import shown

#: A drift that switches more often than this is a mistake: its list of concepts would fill the memory.
MAX_SWITCHES = 100_000


def _read_ids(value: Any, info: ValidationInfo) -> list[int] | str:
    if value == "all":
        return "all"
    if not isinstance(value, list):
        raise ValueError(f"{shown(value)} names no devices; write all, or a list of ids")
    fleet = context_of(info).devices
    last = f" to {fleet - 1}" if fleet else ""
    for number, item in enumerate(value):
        if type(item) is not int or item < 0 or (fleet is not None and item >= fleet):
            raise ValueError(f"there is no device {shown(item)}; ids run from 0{last}")
        if item in value[:number]:
            raise ValueError(f"device {item} stands there twice")
    return value


DeviceIds = Annotated[
    list[int] | str,
    Written(_read_ids, lambda v: v, {"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "integer"}}]}),
]


def _read_moment(value: Any, info: ValidationInfo) -> float:
    at_s, end_s = units.TIME.parse(value), context_of(info).duration_s
    if end_s is not None and at_s > end_s:
        raise ValueError(f"'{value}' is after the end of the run ({units.TIME.format(end_s)})")
    return at_s


Moment = Annotated[float, Written(_read_moment, units.TIME.format, quantity(units.TIME).schema)]


def _not_too_often(every: float, info: ValidationInfo) -> float:
    end = context_of(info).duration_s
    if end is not None and end > every * MAX_SWITCHES:
        raise ValueError(f"switches more than {MAX_SWITCHES} times in the run; write a longer time")
    return every


Period = Annotated[PositiveTime, AfterValidator(_not_too_often)]
