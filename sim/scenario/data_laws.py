"""Laws of nature as data: the best achievable accuracy is known at every time."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from sim.scenario.clause import Clause
from sim.scenario.quantities import (
    Angle,
    AngularSpeed,
    Number,
    PositiveCount,
    PositiveNumber,
    PositiveTime,
    Share,
    Speed,
)


class Turning(Clause):
    """A random walk of the direction."""

    every: PositiveTime = Field(description="time between steps")
    rotate: Angle = Field(default=0.0, description="standard deviation of a step")
    together: bool = Field(default=False, description="one walk for the whole fleet; else each device has its own")


class Walk(Turning):
    """A random walk of direction and place."""

    shift: Number = Field(default=0.0, description="standard deviation of a step along the first axis")


class Seen(Clause):
    """Contexts of the cloud's past: the original world turned and shifted, in equal steps from minus to plus."""

    contexts: PositiveCount = Field(description="how many")
    rotate: Angle = Field(default=0.0, description="how far the outermost are turned")
    shift: Number = Field(default=0.0, description="how far the outermost are moved along the first axis")


class Gaussians(Clause):
    """Gaussian classes on the corners of a regular polygon, with known Bayes accuracy at every time."""

    kind: Literal["gaussians"] = "gaussians"
    classes: Annotated[int, Field(ge=2)] = Field(default=2, description="number of classes")
    dimensions: Annotated[int, Field(ge=2)] = Field(default=2, description="number of inputs")
    distance: PositiveNumber = Field(default=2.0, description="between neighbouring means, in standard deviations")
    rotate: AngularSpeed = Field(default=0.0, description="steady turn of the means: '6 deg/min'")
    shift: Speed = Field(default=0.0, description="steady move of the means along the first axis: '0.1 /min'")
    walk: Walk | None = Field(default=None, description="a random walk of the means")
    past: Seen | None = Field(default=None, description="worlds that the past saw; default: the original one")
    history: PositiveCount = Field(default=20_000, description="rows of the cloud's past")

    def plain(self) -> dict[str, Any]:
        """Return the options; the two speeds with their units in the name."""
        options = super().plain()
        return options | {"rotate_deg_per_s": options.pop("rotate"), "shift_per_s": options.pop("shift")}


class Flipped(Clause):
    """Laws in which features decide the class, but for a share of the labels that is flipped at random."""

    noise: Share = Field(description="share of labels that are flipped, below 50 %")
    history: PositiveCount = Field(default=20_000, description="rows of the cloud's past")

    @field_validator("noise", mode="after")
    @classmethod
    def _leaves_something_to_learn(cls, noise: float) -> float:
        if noise >= 0.5:
            raise ValueError(f"{100 * noise:g} % flipped labels leave nothing to learn; less than 50 % are wanted")
        return noise


class Sea(Flipped):
    """SEA concepts (Street and Kim, 2001): the sum of two features against a threshold."""

    kind: Literal["sea"] = "sea"
    noise: Share = Field(default=0.1, description="share of labels that are flipped, below 50 %")


class Hyperplane(Flipped):
    """A rotating hyperplane through the origin; features are standard normal."""

    kind: Literal["hyperplane"] = "hyperplane"
    dimensions: Annotated[int, Field(ge=2)] = Field(default=10, description="number of inputs")
    noise: Share = Field(default=0.05, description="share of labels that are flipped, below 50 %")
    rotate: AngularSpeed = Field(default=0.0, description="steady turn of the plane: '6 deg/min'")
    walk: Turning | None = Field(default=None, description="a random walk of the plane")

    def plain(self) -> dict[str, Any]:
        """Return the options; the speed with its units in the name."""
        options = super().plain()
        return options | {"rotate_deg_per_s": options.pop("rotate")}


class River(Clause):
    """A synthetic stream of the river package, which must be installed; each device plays a seeded copy of its own."""

    kind: Literal["river"] = "river"
    stream: str = Field(description="class of river.datasets.synth, for example Agrawal")
    options: dict[str, Any] = Field(default={}, description="its own options, but for the seed")
    history: PositiveCount = Field(default=5_000, description="rows of the cloud's past")
