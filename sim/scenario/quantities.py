"""The types of scalar fields: quantities with units, choices, names and files.

Each is a plain Python type with a rider that reads the YAML text, writes it back, and describes itself in the
JSON schema.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from agents.tabular.spelling import MissingValues
from sim.data_sources import elsewhere, remedy
from sim.scenario import units
from sim.scenario.problems import closest, near_miss
from sim.scenario.tree import Text
from sim.scenario.units import Dimension, UnitError, shown


@dataclass(frozen=True, eq=False)
class Written:
    """How a value is read from YAML, written to YAML, and described to an editor."""

    read: Callable[[Any, ValidationInfo], Any]
    write: Callable[[Any], Any]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.with_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def quantity(dimension: Dimension, *, zero: bool = True, words: tuple[str, ...] = ()) -> Written:
    """Return the rider of a quantity; ``words`` are accepted as they are (``random``, ``never``)."""

    def read(value: Any, info: ValidationInfo) -> float | str:
        if value in words:
            return str(value)
        amount = dimension.parse(value, likely_units(dimension, info.field_name))
        if amount == 0 and not zero:
            raise UnitError(f"'{value}' is zero; a {dimension.name} above 0 is wanted here")
        return amount

    return Written(read, lambda v: v if isinstance(v, str) else dimension.format(v), _schema(dimension, words))


#: Fields of times -> the units that numbers without one are likely to be in.
_LIKELY_TIMES = {
    **dict.fromkeys(("latency", "jitter", "service", "inference", "overhead", "value", "median", "mean"), ("ms", "s")),
    **dict.fromkeys(("duration", "tick", "at", "every", "over", "for_", "until", "from_", "on", "off"), ("s", "min")),
}


def likely_units(dimension: Dimension, field: str | None) -> tuple[str, ...]:
    """Return the units that a number without one is likely to be in, by the name of its field; none: any."""
    return _LIKELY_TIMES.get(field or "", ()) if dimension is units.TIME else ()


def choice(*names: str) -> Written:
    """Return the rider of one word out of ``names``."""

    def read(value: Any, info: ValidationInfo) -> str:
        if value not in names:
            raise ValueError(f"{shown(value)} is unknown{near_miss(str(value), names)}")
        return str(value)

    return Written(read, str, {"enum": list(names)})


def _schema(dimension: Dimension, words: tuple[str, ...]) -> dict[str, Any]:
    known = "|".join(sorted({*dimension.units, *dimension.spellings}, key=lambda unit: (-len(unit), unit)))
    sign = "[+-]?" if dimension.signed else "\\+?"
    part = rf"\s*{sign}(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*({known})"
    pattern = rf"^({part})+\s*$" if dimension.compound else rf"^{part}\s*$"
    text = {"type": "string", "pattern": pattern, "examples": [f"5 {dimension.example}"]}
    name = dimension.name.replace(" ", "_")
    if not words:
        return {"$comment": name, **text}
    return {"$comment": "_or_".join([name, *words]), "anyOf": [{"enum": list(words)}, text]}


SHARE_SCHEMA = {
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^[^-]*%\s*$"}]
}
_DEVICES = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\d+\s*(devices)?$"}]}
_SIZES = {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}
#: Items that a list needs beside the right one.
LEAST_NEGATIVES = 4
_NEGATIVES = {"anyOf": [{"type": "integer", "minimum": LEAST_NEGATIVES}, {"const": "all"}]}
_CELLS = {"type": "array", "items": {"type": ["string", "number"]}}
_FILL = {"enum": ["refuse", "mean"]}
_MISSING = {
    "anyOf": [
        _FILL,
        _CELLS,
        {"type": "object", "properties": {"cells": _CELLS, "fill": _FILL}, "additionalProperties": False},
    ]
}
_LIMIT = {"anyOf": [{"type": "integer", "minimum": 0}, {"const": "unlimited"}]}


def _read_share(value: Any, info: ValidationInfo) -> float:
    return units.parse_share(value, whole=False)


def _read_probability(value: Any, info: ValidationInfo) -> float:
    return units.parse_share(value)


def _read_path(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{shown(value)} is no file name")
    folder = value.folder if isinstance(value, Text) else Path()
    name, inside, member = value.partition("!")
    try:
        outer = (folder / name).resolve()
    except (OSError, RuntimeError):
        # Python 3.11 reports links that go in a circle as a RuntimeError.
        raise ValueError(f"'{value}' is a link that leads to itself") from None
    except ValueError:
        raise ValueError(f"{shown(str(value))} is no file name") from None
    if not os.path.exists(outer) and (downloaded := elsewhere(str(name))):
        outer = downloaded.resolve()
    if not os.path.exists(outer):
        beside = [item.name for item in islice(outer.parent.iterdir(), 2000)] if outer.parent.is_dir() else []
        near = closest(outer.name, beside)
        hint = remedy(str(name)) or (f"; did you mean '{near}'?" if near else "")
        raise ValueError(f"there is no file '{value}'{hint}")
    return Path(f"{outer}{inside}{member}")


def _read_devices(value: Any, info: ValidationInfo) -> int:
    text = str(value).removesuffix("devices").strip() if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{shown(value)} is no number of devices; write for example '50 devices'")
    return int(text)


def _read_limit(value: Any, info: ValidationInfo) -> float:
    if value == "unlimited":
        return math.inf
    if type(value) is not int or value < 0:
        raise ValueError(f"{shown(value)} is no limit; write a whole number or 'unlimited'")
    return value


def _read_sizes(value: Any, info: ValidationInfo) -> list[int]:
    sizes = value if isinstance(value, list) else [value]
    if not sizes or any(type(size) is not int or size < 1 for size in sizes):
        raise ValueError(f"{shown(value)} is no layer size; write a whole number, or a list of them")
    return sizes


def _read_column(value: Any, info: ValidationInfo) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int) or value in ("", -1):
        raise ValueError(f"{shown(value)} is no column; write a name of the header or a number")
    return str(value) if isinstance(value, str) else value


def _read_missing(value: Any, info: ValidationInfo) -> Any:
    MissingValues.of(value)
    return value


def _read_negatives(value: Any, info: ValidationInfo) -> int | str:
    if value == "all":
        return "all"
    if type(value) is not int:
        raise ValueError(f"{shown(value)} is no number of items; write a whole number, or 'all'")
    if value < LEAST_NEGATIVES:
        raise ValueError(f"{value} is below {LEAST_NEGATIVES}")
    return value


Time = Annotated[float, quantity(units.TIME)]
PositiveTime = Annotated[float, quantity(units.TIME, zero=False)]
PhaseTime = Annotated[float | str, quantity(units.TIME, words=("random",))]
EndTime = Annotated[float | str, quantity(units.TIME, words=("never",))]
Rate = Annotated[float, quantity(units.RATE)]
Size = Annotated[float, quantity(units.SIZE)]
PositiveSize = Annotated[float, quantity(units.SIZE, zero=False)]
Frequency = Annotated[float, quantity(units.FREQUENCY)]
Angle = Annotated[float, quantity(units.ANGLE)]
AngularSpeed = Annotated[float, quantity(units.ANGULAR_SPEED)]
Speed = Annotated[float, quantity(units.SPEED)]
Power = Annotated[float, quantity(units.POWER)]
EnergyPerByte = Annotated[float, quantity(units.ENERGY_PER_BYTE)]
Share = Annotated[float, Written(_read_share, units.format_share, SHARE_SCHEMA)]
#: A share of which a bare 1 can only be all: one of several that sum to 1, or the strength of a transform.
Fraction = Annotated[float, Written(_read_probability, units.format_share, SHARE_SCHEMA)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
PositiveNumber = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
PositiveCount = Annotated[int, Field(ge=1)]
Real = Annotated[float, Field(allow_inf_nan=False)]
Pair = Annotated[list[Real], Field(min_length=2, max_length=2)]
Devices = Annotated[int, Written(_read_devices, "{} devices".format, _DEVICES)]
Limit = Annotated[float, Written(_read_limit, lambda v: "unlimited" if v == math.inf else v, _LIMIT)]
Sizes = Annotated[list[int], Written(_read_sizes, lambda v: v, _SIZES)]
Column = Annotated[str | int, Written(_read_column, lambda v: v, {"type": ["string", "integer"]})]
DataPath = Annotated[Path, Written(_read_path, str, {"type": "string"})]
Missing = Annotated[Any, Written(_read_missing, lambda v: v, _MISSING)]
Negatives = Annotated[int | str, Written(_read_negatives, lambda v: v, _NEGATIVES)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$", max_length=64)]
