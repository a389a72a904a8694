"""What the bench finds: a figure with its spread, and the goal it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Goal:
    """At least, or at most, so much."""

    bound: float
    at_least: bool

    def met(self, value: float) -> bool:
        """Return whether a value meets the goal."""
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True)
class Finding:
    """One figure.

    Attributes:
        what: what was measured, in a few words.
        unit: of the value; empty for a ratio.
        value, low, high: median, least and largest of the repeats.
        goal: None where the figure is only informative.
        detail: the numbers behind it.
        why: one line that says what was done.
    """

    what: str
    unit: str
    value: float
    low: float
    high: float
    goal: Goal | None
    detail: str
    why: str

    @property
    def verdict(self) -> str:
        """``ok``, ``missed``, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        return "ok" if self.goal.met(self.value) else "missed"


@dataclass(frozen=True)
class Row:
    """What a figure is about, before it is measured: see :class:`Finding`."""

    what: str
    unit: str
    goal: Goal | None
    why: str

    def found(self, values: Sequence[float], detail: str) -> Finding:
        """Return the finding that repeats of a measurement make."""
        output = median(values), min(values), max(values)
        return Finding(self.what, self.unit, *output, self.goal, detail, self.why)


def at_least(bound: float) -> Goal:
    """Return the goal of reaching ``bound``."""
    return Goal(bound, at_least=True)


def at_most(bound: float) -> Goal:
    """Return the goal of staying within ``bound``."""
    return Goal(bound, at_least=False)
