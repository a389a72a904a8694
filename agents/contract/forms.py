"""Markers of options: bounds, choices, and how a value is written in a scenario. Plain data.

They stand in ``Annotated``: ``window: Annotated[int, Interval(ge=1, le=255)] = option(16, "samples uploaded")``. An
option holds base units: seconds, bytes, bit/s, /s, degrees, shares in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any


@dataclass(frozen=True)
class Interval:
    """Bounds of a number: at least, above, at most, below."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def check(self, value: Any, what: str) -> None:
        """Check one value; what is no number is left to others.

        Raises:
            ValueError: it is out of bounds; ``what`` names it.
        """
        if isinstance(value, int | float) and not all(self._kept(value)):
            raise ValueError(f"{what}={value} must be {self}")

    def _kept(self, value: float) -> Iterator[bool]:
        # A value that is not comparable (nan) keeps no bound.
        yield self.ge is None or value >= self.ge
        yield self.gt is None or value > self.gt
        yield self.le is None or value <= self.le
        yield self.lt is None or value < self.lt

    def __str__(self) -> str:
        if self.ge is not None and self.le is not None:
            return f"{self.ge:g} to {self.le:g}"
        words = {"at least": self.ge, "above": self.gt, "at most": self.le, "below": self.lt}
        return " and ".join(f"{word} {bound:g}" for word, bound in words.items() if bound is not None)


@dataclass(frozen=True, init=False)
class OneOf:
    """One word out of several."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)

    def check(self, value: Any, what: str) -> None:
        """Check one value.

        Raises:
            ValueError: an unknown word; ``what`` names it.
        """
        if value is not None and value not in self.names:
            raise ValueError(f"{what} {value!r} is unknown; known are {', '.join(self.names)}")


@dataclass(frozen=True)
class Length:
    """The least number of entries of a list."""

    least: int


@dataclass(frozen=True)
class Form:
    """How a value is written in a scenario; the grammar knows each form by its name.

    Attributes:
        name: ``time``, ``size``, ``share``, ``path``, ``column``, ``concept`` ...
        zero: whether a quantity may be zero.
        words: words that may stand in place of a quantity (``random``).
    """

    name: str
    zero: bool = True
    words: tuple[str, ...] = ()

    def check(self, value: Any, what: str) -> None:
        """Check one value, already in base units.

        Raises:
            ValueError: a share that is none, or a zero where none is wanted; ``what`` names it.
        """
        if self.name == "negatives" and value != "all":
            Interval(ge=4).check(value, what)
        if self.name in ("share", "fraction"):
            Interval(ge=0, le=1).check(value, what)
        if not self.zero:
            Interval(gt=0).check(value, what)
        if self.name == "sizes" and (not value or any(size < 1 for size in value)):
            raise ValueError(f"{what}={value} must be sizes >= 1")


Time = Annotated[float, Form("time")]
PositiveTime = Annotated[float, Form("time", zero=False)]
#: A time, or ``random``: each device its own.
PhaseTime = Annotated[float | str, Form("time", words=("random",))]
Rate = Annotated[float, Form("rate")]
Size = Annotated[float, Form("size")]
PositiveSize = Annotated[float, Form("size", zero=False)]
Frequency = Annotated[float, Form("frequency")]
Angle = Annotated[float, Form("angle")]
AngularSpeed = Annotated[float, Form("angular speed")]
Speed = Annotated[float, Form("speed")]
#: A number from 0 to 1, or a percentage.
Share = Annotated[float, Form("share")]
#: A share of which a bare 1 can only be all: one of several that sum to 1, or the strength of a transform.
Fraction = Annotated[float, Form("fraction")]
#: A distribution of times or sizes, or a lone quantity; see ``sim.distributions``.
TimeDistribution = Annotated[Any, Form("time law")]
SizeDistribution = Annotated[Any, Form("size law")]
#: A file or folder that must be there.
DataPath = Annotated[Path, Form("path")]
#: A column of a table: its name, or its number.
Column = Annotated[str | int, Form("column")]
#: What stands for a missing value, and what is done about it: a word, a list of cells, or both in a map.
Missing = Annotated[Any, Form("missing")]
#: Sizes of layers: a number, or a list of them.
Sizes = Annotated[list[int], Form("sizes")]
#: A concept: a map of transforms, the name of one, or a list of these.
ConceptForm = Annotated[Any, Form("concept")]
#: A time within the run.
Moment = Annotated[float, Form("moment")]
#: ``all``, or a list of device ids.
DeviceIds = Annotated[Any, Form("device ids")]
#: A concept whose transforms all have a strength that can grow.
MovableConcept = Annotated[Any, Form("movable concept")]
Number = Annotated[float, Interval(ge=0)]
PositiveNumber = Annotated[float, Interval(gt=0)]
Count = Annotated[int, Interval(ge=0)]
PositiveCount = Annotated[int, Interval(ge=1)]
#: Steps of training, or entries of what stays in memory.
Steps = Annotated[int, Interval(ge=1, le=1_000_000)]
