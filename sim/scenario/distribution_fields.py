"""The types of fields that hold a distribution: a lone quantity, or one distribution by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import core_schema

from sim import distributions
from sim.distributions import Distribution
from sim.scenario import units
from sim.scenario.distribution_forms import FORMS, make, parameters_of, written
from sim.scenario.problems import near_miss
from sim.scenario.quantities import choice, likely_units, quantity
from sim.scenario.sections import below, refuse
from sim.scenario.tagged_union import alternatives
from sim.scenario.units import Dimension, shown

_SPEED = "macs_per_s"


@dataclass(frozen=True)
class MacsPerSecond:
    """A speed of computing, which becomes a time once it is known what is computed."""

    rate: float


@dataclass(frozen=True, eq=False)
class DistributionField:
    """Reads and writes a distribution over one dimension.

    Attributes:
        dimension: of the distribution's values.
        bare: the distribution that a lone quantity means.
        words: what may stand instead of a distribution.
        speeds: whether ``macs_per_s`` may, multiply-adds in a second.
    """

    dimension: Dimension
    bare: Callable[[float], Distribution] = distributions.Constant
    words: tuple[str, ...] = ()
    speeds: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.with_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        bare = quantity(self.dimension, words=self.words).schema
        forms = {kind: self._described(kind, handler) for kind in FORMS}
        named = {"type": "object", "properties": forms, "additionalProperties": False, "maxProperties": 1}
        name = "_or_".join([f"law_of_{self.dimension.name.replace(' ', '_')}", *self.words])
        speed = {
            "type": "object",
            "properties": {_SPEED: {"type": "number", "exclusiveMinimum": 0}},
            "required": [_SPEED],
        }
        return {"$comment": name, "anyOf": [bare, named, *([speed] if self.speeds else [])]}

    def read(self, value: Any, info: ValidationInfo) -> Distribution | MacsPerSecond | str:
        """Return the distribution that ``value`` describes, or the word it is.

        Raises:
            ValueError: it is neither (pydantic's ``ValidationError`` and ``UnitError`` are ones).
        """
        if isinstance(value, str) and value in self.words:
            return str(choice(*self.words).read(value, info))
        if not isinstance(value, Mapping):
            return self.bare(self.dimension.parse(value, likely_units(self.dimension, info.field_name)))
        named = alternatives(value, (*FORMS, _SPEED) if self.speeds else tuple(FORMS))
        if self.speeds and list(named) == [_SPEED]:
            return MacsPerSecond(_speed(named[_SPEED]))
        if len(named) != 1 or (kind := next(iter(named))) not in FORMS:
            raise ValueError(_misnamed(list(named)))
        return self._distribution(kind, _long(kind, named[kind]), info)

    def write(self, distribution: Distribution | MacsPerSecond | str) -> Any:
        """Return the long form of a distribution or a speed, or the word."""
        if isinstance(distribution, MacsPerSecond):
            return {_SPEED: distribution.rate}
        return distribution if isinstance(distribution, str) else written(distribution, self.dimension)

    def _distribution(self, kind: str, parameters: Any, info: ValidationInfo) -> Distribution:
        try:
            section_model = parameters_of(kind, self.dimension).model_validate(parameters, context=info.context)
            return make(kind, section_model, self.dimension)
        except ValidationError as error:
            raise below(error, kind) from None
        except ValueError as error:
            raise refuse(str(error), kind) from None

    def _described(self, kind: str, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        long = handler(parameters_of(kind, self.dimension).__pydantic_core_schema__)
        main = FORMS[kind].main
        if kind == "empirical":
            return {"anyOf": [{"type": "string"}, {"type": "array"}, long]}
        return {"anyOf": [quantity(self.dimension).schema, long]} if main else long


def _speed(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise refuse(f"{shown(value)} is no speed; write multiply-adds in a second, for example 2e9", _SPEED)
    return float(value)


def _long(kind: str, parameters: Any) -> Any:
    if isinstance(parameters, Mapping):
        return parameters
    main = FORMS[kind].main
    if kind == "empirical":
        main = "values" if isinstance(parameters, list) else "file"
    return {main: parameters} if main else parameters


def _misnamed(names: list[str]) -> str:
    strange = [name for name in names if name not in FORMS]
    if strange:
        return f"'{strange[0]}' is no law{near_miss(strange[0], list(FORMS))}"
    return f"one law is needed, not {len(names)}: {', '.join(names) or 'an empty map'}"


def _up_to(high: float) -> Distribution:
    return distributions.Uniform(0.0, high)


TimeDistribution = Annotated[Distribution, DistributionField(units.TIME)]
JitterDistribution = Annotated[Distribution, DistributionField(units.TIME, bare=_up_to)]
ServiceDistribution = Annotated[
    Distribution | MacsPerSecond | str, DistributionField(units.TIME, words=("measured",), speeds=True)
]
EndDistribution = Annotated[Distribution | str, DistributionField(units.TIME, words=("never",))]
SizeDistribution = Annotated[Distribution, DistributionField(units.SIZE)]
