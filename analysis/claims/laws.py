"""The law of each kind of claim: which margins it asks to be above zero, and what was seen in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.claims.margins import Evidence
from analysis.claims.series import Series, Values
from analysis.compare import with_interval
from analysis.metrics import Metric
from analysis.response import base_value
from analysis.statistics import Interval, student_interval

#: Two one-sided tests at 5 % are one interval of 90 %.
TWO_ONE_SIDED = 0.9


def lies(claim: Any, series: Series) -> Evidence:
    """Above, below, or between."""
    (values,), amounts = series.values, claim.amounts()
    margins = [_each(values, 1.0, -amounts["above"])] if "above" in amounts else []
    margins += [_each(values, -1.0, amounts["below"])] if "below" in amounts else []
    return Evidence(_shown(series.metric, student_interval(list(values.values()))), tuple(margins))


def beats(claim: Any, series: Series) -> Evidence:
    """The difference, in the direction that is better, lies above the amount."""
    difference = _minus(*series.values)
    margin = _each(difference, series.sign, -claim.amounts()["by"])
    return Evidence(_differs(series.metric, difference), (margin,))


def equivalent(claim: Any, series: Series) -> Evidence:
    """The difference lies within the amount on both sides. Source: Schuirmann (1987)."""
    difference, within = _minus(*series.values), claim.amounts()["within"]
    margins = (_each(difference, 1.0, within), _each(difference, -1.0, within))
    return Evidence(_differs(series.metric, difference, TWO_ONE_SIDED), margins, TWO_ONE_SIDED)


def ratio(claim: Any, series: Series) -> Evidence:
    """The quotient lies above, below, or between; on the scale of logarithms, where it is symmetric."""
    first, second = series.values
    logs = {
        seed: math.log(first[seed] / second[seed])
        for seed in sorted(first.keys() & second.keys())
        if first[seed] > 0 and second[seed] > 0
    }
    margins = [_each(logs, 1.0, -math.log(claim.least))] if claim.least is not None else []
    margins += [_each(logs, -1.0, math.log(claim.most))] if claim.most is not None else []
    found = student_interval(list(logs.values()))
    mean, low, high = (math.exp(end) for end in found[:3])
    shown = f"{mean:.3g} times" + (f" [{low:.3g}, {high:.3g}]" if found.varies else "")
    return Evidence(shown, tuple(margins))


def order(claim: Any, series: Series) -> Evidence:
    """Each setting is better than the next, or at most so much worse."""
    slack = claim.amounts()["slack"]
    steps = zip(series.values, series.values[1:], strict=False)
    margins = tuple(_each(_minus(one, other), series.sign, slack) for one, other in steps)
    return Evidence(_row(series), margins)


def monotone(claim: Any, series: Series) -> Evidence:
    """No step goes the other way by more than the slack, and the last setting lies beyond the first."""
    sign, slack = (1.0 if claim.direction == "rising" else -1.0), claim.amounts()["slack"]
    steps = zip(series.values, series.values[1:], strict=False)
    margins = [_each(_minus(after, before), sign, slack) for before, after in steps]
    ends = _each(_minus(series.values[-1], series.values[0]), sign, 0.0)
    return Evidence(_row(series), (*margins, ends))


def best_near(claim: Any, series: Series) -> Evidence:
    """The best of the settings near the claimed one beats every setting beyond."""
    near = base_value(str(claim.near)) or math.nan
    inside = [at for at, x in enumerate(series.places) if near / claim.factor <= x <= near * claim.factor]
    best = max(inside, key=lambda at: series.sign * _mean(series.values[at]))
    beyond = [at for at in range(len(series.places)) if at not in inside]
    margins = tuple(_each(_minus(series.values[best], series.values[at]), series.sign, 0.0) for at in beyond)
    return Evidence(f"best at {series.labels[best]}: {_row(series)}", margins)


def agrees(claim: Any, series: Series) -> Evidence:
    """The mean lies within a share of the truth, by two one-sided tests."""
    (values,), truth = series.values, series.truths[0]
    off = {seed: value - truth for seed, value in values.items()}
    within = claim.within * abs(truth)
    margins = (_each(off, 1.0, within), _each(off, -1.0, within))
    seen = _shown(series.metric, student_interval(list(values.values()), TWO_ONE_SIDED))
    return Evidence(f"{seen}; theory {series.metric.show(truth)}", margins, TWO_ONE_SIDED)


def _each(values: Values, sign: float, plus: float) -> Mapping[int, float]:
    return {seed: sign * value + plus for seed, value in values.items()}


def _minus(one: Values, other: Values) -> Values:
    return {seed: one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())}


def _mean(values: Values) -> float:
    return student_interval(list(values.values())).mean


def _shown(metric: Metric, interval: Interval, signed: bool = False) -> str:
    unit = f" {metric.unit}" if metric.unit else ""
    return f"{with_interval(metric, interval, signed)}{unit}"


def _differs(metric: Metric, difference: Values, confidence: float = 0.95) -> str:
    points = metric._replace(unit="points" if metric.unit == "%" else metric.unit)
    return _shown(points, student_interval(list(difference.values()), confidence), signed=True)


def _row(series: Series) -> str:
    means = ", ".join(series.metric.show(_mean(values)) for values in series.values)
    return f"{means} {series.metric.unit}".rstrip()
