"""Concepts: the distribution of a device's samples, as transforms of the original one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema

from agents.drift.transforms import TRANSFORMS
from sim.scenario.components import keyed
from sim.scenario.context import context_of
from sim.scenario.problems import near_miss
from sim.scenario.quantities import Count, Fraction, Number, PositiveNumber, Written
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.transforms import refused, refused_prior, refused_severity
from sim.scenario.units import shown

#: Thresholds of the four SEA concepts (Street and Kim, 2001).
SEA_THRESHOLDS = (8.0, 9.0, 7.0, 9.5)
#: Amounts of a transform are no larger, and factors no smaller than one by it: far beyond, float32 makes them infinite.
_MOST = 1e6


class LabelDrift(SectionModel):
    """What happens to the classes."""

    prior: list[Fraction] | None = Field(default=None, description="probability of each class, summing to 1")
    swap: list[Annotated[list[Count], Field(min_length=2, max_length=2)]] | None = Field(
        default=None, description="pairs of classes that trade places"
    )
    dirichlet: PositiveNumber | None = Field(
        default=None, description="each device draws its own prior; small: few classes a device"
    )
    permute: Count | None = Field(
        default=None, description="all classes permuted, after any swap; the number picks the permutation"
    )

    @field_validator("prior", mode="after")
    @classmethod
    def _prior_is_one(cls, prior: list[float] | None, info: ValidationInfo) -> list[float] | None:
        if prior is None:
            return prior
        classes = context_of(info).classes
        if classes is not None and len(prior) != classes:
            raise ValueError(f"has {len(prior)} probabilities for {classes} classes")
        if abs(sum(prior) - 1) > 1e-6:
            raise ValueError(f"sums to {sum(prior):g}, not to 1")
        return prior

    @field_validator("swap", mode="after")
    @classmethod
    def _swap_names_classes(cls, swap: list[list[int]] | None, info: ValidationInfo) -> list[list[int]] | None:
        named = [name for pair in swap or () for name in pair]
        classes = context_of(info).classes
        if classes is not None and named and max(named) >= classes:
            raise ValueError(f"there is no class {max(named)}; classes are 0 to {classes - 1}")
        if len(set(named)) != len(named):
            raise ValueError("a class is named twice")
        return swap

    @field_validator("prior", "dirichlet", mode="after")
    @classmethod
    def _can_be_set(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and (refusal := refused_prior(context_of(info).data)):
            raise ValueError(refusal)
        return value

    @model_validator(mode="after")
    def _one_prior(self) -> Self:
        if self.prior is not None and self.dirichlet is not None:
            raise ValueError("prior and dirichlet exclude each other")
        return self


class Severity(SectionModel):
    """How strong a corruption is, as corruption benchmarks define it for each transform."""

    severity: Annotated[int, Field(ge=1, le=5)]


def _read_strength(value: Any, info: ValidationInfo) -> float | Severity:
    if isinstance(value, Mapping):
        if refusal := refused_severity(context_of(info).data):
            raise ValueError(refusal)
        return Severity.model_validate(value, context=info.context)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{shown(value)} is no strength; write a number from 0 on")
    return float(value)


_STRENGTH = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "object", "required": ["severity"]}]}
Strength = Annotated[
    float | Severity,
    Written(_read_strength, lambda v: v.written() if isinstance(v, Severity) else v, _STRENGTH),
]


#: A field for each row of the table of transforms.
_Transforms: Any = keyed("Transforms", TRANSFORMS)


class Concept(_Transforms):
    """A set of transforms of the original concept; ``{}`` is the original concept itself.

    Images are slanted, zoomed, turned and shifted, blurred, changed in contrast and brightness, inverted, covered, made
    noisy and shuffled in this order; the order here has no effect.
    """

    sea: Annotated[int, Field(ge=1, le=4)] | None = Field(
        default=None, description="sea: number of the concept; their thresholds are 8, 9, 7, 9.5"
    )
    arrivals: Number | None = Field(default=None, description="factor on the rate of samples; needs poisson arrivals")
    labels: LabelDrift | None = Field(default=None, description="what happens to the classes")

    @field_validator("*", mode="after")
    @classmethod
    def _task_knows_it(cls, value: Any, info: ValidationInfo) -> Any:
        name = str(info.field_name)
        refusal = refused(context_of(info).data, name) if name not in ("labels", "arrivals") else None
        if value is not None and refusal:
            raise ValueError(refusal)
        return value

    @field_validator(*(name for name, row in TRANSFORMS.items() if not row.choice), mode="after")
    @classmethod
    def _can_be_computed(cls, value: Any, info: ValidationInfo) -> Any:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int | float) and abs(one) > _MOST:
                raise ValueError(f"{one:g} is above {_MOST:,.0f}" if one > 0 else f"{one:g} is below -{_MOST:,.0f}")
            if TRANSFORMS[str(info.field_name)].by_factors and one is not None and one < 1.0 / _MOST:
                raise ValueError(f"{one:g} is below {1.0 / _MOST:g}")
        return value

    @field_validator("shear", mode="after")
    @classmethod
    def _shear_leaves_something(cls, shear: float | None) -> float | None:
        if shear is not None and abs(shear) >= 90:
            raise ValueError(f"{shear:g} deg slants an image to nothing; write an angle between -90 deg and 90 deg")
        return shear

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        if self.sea is not None and self.threshold is not None:
            raise ValueError("sea and threshold exclude each other")
        return self

    def plain(self) -> dict[str, Any]:
        """Return what is set as ordinary values; a SEA concept as the threshold that it is."""
        options = super().plain()
        number = options.pop("sea", None)
        return options if number is None else options | {"threshold": SEA_THRESHOLDS[number - 1]}

    @property
    def choices(self) -> list[tuple[str, ...]]:
        """The parts that are choices and not amounts, as paths: they have no intermediate value."""
        labels = self.labels
        chosen = [name for name, row in TRANSFORMS.items() if row.choice and _is_set(getattr(self, name))]
        here: list[tuple[str, ...]] = [(name,) for name in chosen]
        if labels is not None:
            here += [("labels", name) for name in ("swap", "permute", "dirichlet") if _is_set(getattr(labels, name))]
        return here


def _is_set(value: Any) -> bool:
    return value is not None and value is not False and value != []


def _composed(value: Any, info: ValidationInfo) -> Any:
    """Put a concept together from names of concepts and maps; no part may set what another one sets."""
    whole: dict[str, Any] = {}
    for part in value if isinstance(value, list) else [value]:
        concept = _named(part, info) if isinstance(part, str) else part
        if not isinstance(concept, Mapping):
            raise ValueError(f"{shown(concept)} is no concept; write for example '{{rotate: 90 deg}}'")
        if twice := whole.keys() & concept.keys():
            raise ValueError(f"two parts of the concept set '{min(twice)}'")
        whole |= concept
    return whole


def _named(name: str, info: ValidationInfo) -> Any:
    known = context_of(info).concepts
    if name not in known:
        raise ValueError(f"there is no concept '{name}'{near_miss(name, list(known))}")
    return known[name]


@dataclass(frozen=True, eq=False)
class _Composition:
    """Reads a concept, a name of one, or a list of such parts."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.with_info_before_validator_function(_composed, handler(source))

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, {"type": "array"}, handler(core["schema"])]}


ConceptField = Annotated[Concept, _Composition()]


def _can_move(to: Concept) -> Concept:
    """Refuse parts without intermediate values.

    Raises:
        ValidationError: about the first part that is a choice and no amount.
    """
    for path in to.choices:
        raise refuse(f"'{path[-1]}' has no half; use kind gradual or sudden", *path)
    return to


Movable = Annotated[ConceptField, AfterValidator(_can_move)]
