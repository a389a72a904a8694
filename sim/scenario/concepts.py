"""Concepts: what the world looks like to a device, as transforms of the original world."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.scenario.clause import Clause
from sim.scenario.quantities import Angle, Count, Number, PositiveNumber, Share
from sim.scenario.surroundings import around


class LabelDrift(Clause):
    """What happens to the classes."""

    row: ClassVar[str] = "concept.labels keys"
    prior: list[Share] | None = Field(default=None, description="probability of each class, summing to 1")
    swap: list[Annotated[list[Count], Field(min_length=2, max_length=2)]] | None = Field(
        default=None, description="pairs of classes that trade places"
    )
    dirichlet: PositiveNumber | None = Field(
        default=None, description="each device draws its own prior; small: few classes per device"
    )
    permute: Count | None = Field(
        default=None, description="all classes permuted; the number picks the permutation"
    )

    @field_validator("prior", mode="after")
    @classmethod
    def _prior_is_one(cls, prior: list[float] | None, info: ValidationInfo) -> list[float] | None:
        if prior is None:
            return prior
        classes = around(info).classes
        if classes is not None and len(prior) != classes:
            raise ValueError(f"has {len(prior)} probabilities for {classes} classes")
        if abs(sum(prior) - 1) > 1e-6:
            raise ValueError(f"sums to {sum(prior):g}, not to 1")
        return prior

    @field_validator("swap", mode="after")
    @classmethod
    def _swap_names_classes(
        cls, swap: list[list[int]] | None, info: ValidationInfo
    ) -> list[list[int]] | None:
        named = [name for pair in swap or () for name in pair]
        classes = around(info).classes
        if classes is not None and named and max(named) >= classes:
            raise ValueError(f"there is no class {max(named)}; classes are 0 to {classes - 1}")
        if len(set(named)) != len(named):
            raise ValueError("a class is named twice")
        return swap

    @model_validator(mode="after")
    def _one_prior(self) -> Self:
        if self.prior is not None and self.dirichlet is not None:
            raise ValueError("prior and dirichlet exclude each other")
        return self


class Concept(Clause):
    """A set of transforms of the original world; ``{}`` is the original world itself."""

    row: ClassVar[str] = "concept keys"
    rotate: Angle | None = Field(
        default=None, description="turn images (or the plane of gaussians) by this angle"
    )
    translate: list[float] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="move images right and down, in shares of their size",
    )
    scale: PositiveNumber | None = Field(default=None, description="zoom; 1 changes nothing")
    shear: Angle | None = Field(default=None, description="slant")
    noise: Number | None = Field(
        default=None, description="standard deviation of Gaussian noise; pixels run from 0 to 1"
    )
    blur: Number | None = Field(default=None, description="standard deviation of a Gaussian blur, in pixels")
    contrast: Number | None = Field(default=None, description="factor around the mean; 1 changes nothing")
    brightness: float | None = Field(default=None, description="added to every pixel")
    occlusion: Share | None = Field(
        default=None, description="share of the width and height hidden by a square"
    )
    invert: bool | None = Field(default=None, description="dark becomes light")
    permute_pixels: Count | None = Field(
        default=None, description="pixels shuffled; the number picks the permutation"
    )
    severity: Annotated[int, Field(ge=1, le=5)] | None = Field(
        default=None, description="1 to 5, as corruption benchmarks define them, in place of numbers"
    )
    shift: list[float] | None = Field(
        default=None, description="gaussians: added to the input, one number a dimension"
    )
    boundary: Angle | None = Field(default=None, description="turn the true boundary between classes")
    interest: Share | None = Field(
        default=None, description="how far a user's interest moves to another user's"
    )
    arrivals: Number | None = Field(default=None, description="factor on the rate of samples")
    labels: LabelDrift | None = Field(default=None, description="what happens to the classes")
