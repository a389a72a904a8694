"""Amounts on the command line: quantities of any dimension, shares and plain numbers, and back into text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sim.scenario.claims.measures import MEASURES, amount_of, finite, require_measure
from sim.scenario.units import DIMENSIONS, UnitError, format_share, parse_share


@dataclass(frozen=True)
class Scale:
    """What two amounts have in common: how numbers on the scale are written in a scenario; ``whole``: counts."""

    written: Callable[[float], str]
    whole: bool = False


@dataclass(frozen=True)
class Target:
    """What is wanted of a metric: at least an amount (``sign`` +1), or at most (-1)."""

    metric: str
    sign: int
    amount: float
    text: str


def amounts(low: str, high: str) -> tuple[float, float, Scale]:
    """Read two amounts of one kind; return both in base units, and their scale.

    Raises:
        UnitError: not amounts, or of two kinds.
    """
    if low.strip().isdecimal() and high.strip().isdecimal():
        return float(low), float(high), Scale(lambda value: str(round(value)), whole=True)
    for dimension in DIMENSIONS:
        try:
            return dimension.parse(low), dimension.parse(high), Scale(dimension.format)
        except UnitError:
            continue
    if low.strip().endswith("%") and high.strip().endswith("%"):
        return parse_share(low), parse_share(high), Scale(lambda value: str(format_share(value)))
    try:
        return finite(low), finite(high), Scale(repr)
    except ValueError:
        raise UnitError(
            f"'{low}' and '{high}' are no amounts of one kind; write for example '1 kbit/s' '1 Mbit/s'"
        ) from None


_BARE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_WORDS = re.compile(r"\s*([a-z_0-9]+)\s*(>=|<=)\s*(.+?)\s*")


def target(text: str) -> Target:
    """Read ``accuracy_after_drift >= 0.9`` or ``delay_s <= 2 s``.

    Raises:
        ValueError: no such sentence; OptionError, which is one, for a metric or an amount that is none.
    """
    found = _WORDS.fullmatch(text)
    if found is None:
        raise UnitError(f"'{text}' is no condition; write for example 'accuracy_after_drift >= 0.9'")
    metric, relation, amount = found.groups()
    require_measure(metric)
    bare = MEASURES[metric] is None and _BARE.fullmatch(amount)
    return Target(
        metric, 1 if relation == ">=" else -1, amount_of(metric, float(amount) if bare else amount, "such-that"), text
    )
