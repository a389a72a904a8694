"""Times within the run, and devices by their ids."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ValidationInfo

from sim.scenario import units
from sim.scenario.quantities import Written, quantity
from sim.scenario.surroundings import around
from sim.scenario.units import shown


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
