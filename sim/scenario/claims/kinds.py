"""The kinds of claims: what each names, and which points of the sweep it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from agents.contract.component import OptionError, option
from agents.contract.forms import Length, OneOf, PositiveNumber
from sim.scenario.claims.claim import Amount, Claim
from sim.scenario.claims.closed_forms import CLOSED_FORMS
from sim.scenario.claims.selection import Grid, one_setting, require_axis, settings
from sim.scenario.problems import near_miss
from sim.scenario.sweep_settings import Setting


@dataclass(frozen=True, kw_only=True)
class OfOne(Claim):
    """A claim about one setting."""

    of: dict[str, Any] = field(
        default_factory=dict, metadata={"description": "the setting: axis of the sweep -> value"}
    )

    def points(self, grid: Grid) -> list[Setting]:
        return [one_setting(grid, self.of, "of")]


@dataclass(frozen=True, kw_only=True)
class OfTwo(OfOne):
    """A claim about one setting beside another."""

    to: dict[str, Any] = option(description="the setting that it is compared with: axis of the sweep -> value")

    def points(self, grid: Grid) -> list[Setting]:
        one, other = one_setting(grid, self.of, "of"), one_setting(grid, self.to, "to")
        if one == other:
            raise OptionError("is the setting that 'of' names, too: nothing is compared", "to")
        return [one, other]


@dataclass(frozen=True, kw_only=True)
class AlongAxis(Claim):
    """A claim about all values of one axis."""

    axis: str = option(description="path of the axis")
    where: dict[str, Any] = field(
        default_factory=dict, metadata={"description": "values on the other axes: axis of the sweep -> value"}
    )

    def points(self, grid: Grid) -> list[Setting]:
        require_axis(grid, self.axis, "axis")
        found = settings(grid, self.where, "where")
        if len(found) > len({str(setting[self.axis]) for setting in found}):
            others = [path for path in grid if path != self.axis and path not in self.where and len(grid[path]) > 1]
            raise OptionError(f"leaves more than one setting at each value; say which {' and '.join(others)}", "where")
        if len(found) < 2:
            raise OptionError("has fewer than two values", "axis")
        return found


@dataclass(frozen=True, kw_only=True)
class Above(OfOne):
    """The metric of one setting lies above an amount, below one, or both."""

    above: Amount | None = option(None, "it lies above this")
    below: Amount | None = option(None, "it lies below this")

    def amounts(self) -> Mapping[str, float]:
        found = self._amounts(above=self.above, below=self.below)
        if not found:
            raise OptionError("nothing is claimed: give above, below, or both")
        if len(found) == 2 and found["above"] >= found["below"]:
            raise OptionError(f"nothing lies above {self.above} and below {self.below}", "below")
        return found


@dataclass(frozen=True, kw_only=True)
class Beats(OfTwo):
    """One setting is better than another by an amount of the metric."""

    by: Amount = option(0.0, "by more than this")

    def amounts(self) -> Mapping[str, float]:
        return self._amounts(by=self.by) if self.by else {"by": 0.0}


@dataclass(frozen=True, kw_only=True)
class Equivalent(OfTwo):
    """Two settings differ by less than an amount (two one-sided tests at 5 %)."""

    within: Amount = option("0.5 %", "the largest difference that is none")

    def amounts(self) -> Mapping[str, float]:
        return self._amounts(within=self.within)


@dataclass(frozen=True, kw_only=True)
class Ratio(OfTwo):
    """The metric of one setting is so many times that of another."""

    least: PositiveNumber | None = option(None, "at least so many times")
    most: PositiveNumber | None = option(None, "at most so many times")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.least is None and self.most is None:
            raise OptionError("nothing is claimed: give least, most, or both")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise OptionError(f"nothing is {self.least:g} times at least and {self.most:g} times at most", "most")


@dataclass(frozen=True, kw_only=True)
class Order(Claim):
    """Settings in order, the best first, each better than the next."""

    order: Annotated[list[dict[str, Any]], Length(2)] = option(description="the settings, the best first")
    slack: Amount = option(0.0, "by how much a setting may be worse than the next")

    def amounts(self) -> Mapping[str, float]:
        return self._amounts(slack=self.slack) if self.slack else {"slack": 0.0}

    def points(self, grid: Grid) -> list[Setting]:
        return [one_setting(grid, wanted, "order", str(place)) for place, wanted in enumerate(self.order)]


@dataclass(frozen=True, kw_only=True)
class Monotone(AlongAxis):
    """The metric rises, or falls, along an axis: no step goes the other way, and the ends differ."""

    direction: Annotated[str, OneOf("rising", "falling")] = option("rising", "in the order of the sweep")
    slack: Amount = option(0.0, "by how much one step may go the other way")

    def amounts(self) -> Mapping[str, float]:
        return self._amounts(slack=self.slack) if self.slack else {"slack": 0.0}


@dataclass(frozen=True, kw_only=True)
class BestNear(AlongAxis):
    """The best value of an axis lies within a factor of one of its values, and beats all values beyond."""

    near: str | float = option(description="where the best should lie: a value of the axis")
    factor: PositiveNumber = option(2.0, "how far off it may be")

    def points(self, grid: Grid) -> list[Setting]:
        found = super().points(grid)
        if self.near not in [setting[self.axis] for setting in found]:
            there = ", ".join(str(setting[self.axis]) for setting in found)
            raise OptionError(f"{self.near} is no value of {self.axis}; it has {there}", "near")
        return found


@dataclass(frozen=True, kw_only=True)
class Agrees(OfOne):
    """The metric of one setting agrees with a closed form of theory, or with a known value."""

    form: str | None = option(None, f"a closed form: {', '.join(CLOSED_FORMS)}")
    value: Amount | None = option(None, "a known value")
    within: PositiveNumber = option(0.05, "share of the truth by which it may be off")

    def amounts(self) -> Mapping[str, float]:
        if (self.form is None) == (self.value is None):
            raise OptionError("one of form and value is needed, and not both")
        if self.form is not None and self.form not in CLOSED_FORMS:
            raise OptionError(
                f"there is no closed form '{self.form}'{near_miss(self.form, list(CLOSED_FORMS))}", "form"
            )
        if self.form is not None and CLOSED_FORMS[self.form].metric != self.metric:
            raise OptionError(f"{self.form} is of {CLOSED_FORMS[self.form].metric}, not of {self.metric}", "form")
        return self._amounts(value=self.value)
