"""Options of the synthetic laws: streams whose best achievable accuracy is known at every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from agents.contract.component import OptionError, option
from agents.contract.forms import (
    Angle,
    AngularSpeed,
    Interval,
    Number,
    PositiveCount,
    PositiveNumber,
    PositiveTime,
    Share,
    Speed,
    Steps,
)

#: Numbers that the past may hold in memory: 1.6 GB.
MAX_NUMBERS = 200_000_000
#: Each sample is compared with the mean of every class.
MAX_CLASSES = 1000


@dataclass(frozen=True)
class TurnOptions:
    """A random walk of the direction."""

    every: PositiveTime = option(description="time between steps")
    rotate: Angle = option(0.0, "standard deviation of a step")
    together: bool = option(False, "one walk for the whole fleet; else each device has its own")


@dataclass(frozen=True)
class WalkOptions(TurnOptions):
    """A random walk of direction and place."""

    shift: Number = option(0.0, "standard deviation of a step along the first axis")


@dataclass(frozen=True)
class PastOptions:
    """Contexts of the cloud's past: the original world turned and shifted, in equal steps from minus to plus."""

    contexts: Steps = option(description="how many")
    rotate: Angle = option(0.0, "how far the outermost are turned")
    shift: Number = option(0.0, "how far the outermost are moved along the first axis")


@dataclass(frozen=True)
class GaussiansOptions:
    """Gaussian classes on the corners of a regular polygon, with known Bayes accuracy at every time."""

    classes: Annotated[int, Interval(ge=2)] = option(2, "number of classes")
    dimensions: Annotated[int, Interval(ge=2)] = option(2, "number of inputs")
    distance: PositiveNumber = option(2.0, "between neighbouring means, in standard deviations")
    rotate: AngularSpeed = option(0.0, "steady turn of the means: '6 deg/min'")
    shift: Speed = option(0.0, "steady move of the means along the first axis: '0.1 /min'")
    walk: WalkOptions | None = option(None, "a random walk of the means")
    past: PastOptions | None = option(None, "worlds that the past saw; default: the original one")
    history: PositiveCount = option(20_000, "rows of the cloud's past")

    def __post_init__(self) -> None:
        if self.classes > MAX_CLASSES:
            raise OptionError(f"{self.classes:,} classes are more than {MAX_CLASSES:,}; write fewer", "classes")
        check_past(self.history, self.classes, "classes")
        check_past(self.history, self.dimensions, "dimensions")


@dataclass(frozen=True)
class SeaOptions:
    """SEA concepts (Street and Kim, 2001): the sum of two features against a threshold."""

    noise: Share = option(0.1, "share of labels that are flipped, below 50 %")
    history: PositiveCount = option(20_000, "rows of the cloud's past")

    def __post_init__(self) -> None:
        check_noise(self.noise)
        check_past(self.history, 3, "history")


@dataclass(frozen=True)
class HyperplaneOptions:
    """A rotating hyperplane through the origin; features are standard normal."""

    noise: Share = option(0.05, "share of labels that are flipped, below 50 %")
    history: PositiveCount = option(20_000, "rows of the cloud's past")
    dimensions: Annotated[int, Interval(ge=2)] = option(10, "number of inputs")
    rotate: AngularSpeed = option(0.0, "steady turn of the plane: '6 deg/min'")
    walk: TurnOptions | None = option(None, "a random walk of the plane")

    def __post_init__(self) -> None:
        check_noise(self.noise)
        check_past(self.history, self.dimensions, "dimensions")


@dataclass(frozen=True)
class RiverOptions:
    """A synthetic stream of the river package, which must be installed; each device plays a seeded copy of its own."""

    stream: str = option(description="class of river.datasets.synth, for example Agrawal")
    options: dict[str, Any] = option(factory=dict, description="its own options, but for the seed")
    history: PositiveCount = option(5_000, "rows of the cloud's past")


def check_noise(noise: float) -> None:
    """Check that a share of flipped labels leaves the best rule the best.

    Raises:
        OptionError: one half or more.
    """
    if noise >= 0.5:
        raise OptionError(
            f"{100 * noise:g} % flipped labels leave nothing to learn; less than 50 % are wanted", "noise"
        )


def check_past(rows: int, columns: int, name: str) -> None:
    """Check that the past fits into memory; ``name`` is the option that makes it so large.

    Raises:
        OptionError: it does not.
    """
    if rows * columns > MAX_NUMBERS:
        said = f"a past of {rows:,} rows with {columns:,} numbers each has more than {MAX_NUMBERS:,} numbers"
        raise OptionError(f"{said}; write fewer, or a shorter history", name)
