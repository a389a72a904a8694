"""Causes: what accuracy came back when a factor was taken away, over paired forks, beside the account of waits.

Alone: the accuracy of a fork without one factor less that of the run. Together: without all of them. What they give
together beyond the sum of what they give alone is their interaction: below zero where each would do by itself, above
where none does. Where every subset was run, each factor has a Shapley value (Shapley, 1953): its mean gain over all
orders of taking factors away, so that the values sum to what all give together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from analysis.folder import RunError, read_json
from analysis.regret import regret_shares
from analysis.runs import Run
from analysis.statistics import Interval, student_interval
from analysis.sweeps import Group
from analysis.windows import accuracy

FILE = "explain/explain.json"
#: Factor -> the parts of the account that stand beside it.
BOOKED = {
    "uplink": ("uplink",),
    "downlink": ("downlink",),
    "latency": (),
    "loss": ("lost",),
    "queue": ("cloud_queue",),
    "service": ("service",),
    "labels": ("labels",),
    "asking": ("undetected", "between", "straddling"),
}
Value = Mapping[frozenset[str], float]


class Cause(NamedTuple):
    """One factor over seeds: what is booked under it, what comes back without it, and its Shapley value, if known."""

    factor: str
    booked: Interval | None
    alone: Interval
    shapley: Interval | None


class Causes(NamedTuple):
    """All factors of a setting, what comes back without all, their interaction, and what is left to the oracle."""

    causes: tuple[Cause, ...]
    together: Interval
    interaction: Interval
    left: Interval | None


def causes_of(group: Group) -> Causes | None:
    """Sum up the forks of the runs of a setting; None where no run has any. RunError where they do not agree."""
    values = [value_of(run) for run in group.runs]
    known = [(run, value) for run, value in zip(group.runs, values, strict=True) if value is not None]
    if not known:
        return None
    factors = {frozenset(union(value)) for _, value in known}
    if len(factors) > 1:
        raise RunError(f"{group.label}: its seeds were explained by different factors; explain them together")
    names = [name for name in BOOKED if name in next(iter(factors))]
    gaps = [regret_shares(run) for run, _ in known]
    togethers = [value[frozenset(names)] for _, value in known]
    alone = {name: [value[frozenset([name])] for _, value in known] for name in names}
    causes = tuple(
        Cause(name, _booked(name, gaps), student_interval(alone[name]), _shapley([value for _, value in known], name))
        for name in names
    )
    more = [whole - sum(alone[name][place] for name in names) for place, whole in enumerate(togethers)]
    rest = [None if gap is None else sum(gap.values()) - whole for gap, whole in zip(gaps, togethers, strict=True)]
    left = None if None in rest else student_interval(rest)
    return Causes(causes, student_interval(togethers), student_interval(more), left)


def causes_record(found: Causes) -> dict[str, Any]:
    """Return causes as plain values, shares of samples, for JSON."""
    parts = {"together": found.together, "interaction": found.interaction, "left": found.left}
    factors = {
        cause.factor: {"booked": _plain(cause.booked), "alone": _plain(cause.alone), "shapley": _plain(cause.shapley)}
        for cause in found.causes
    }
    return {"factors": factors} | {name: _plain(part) for name, part in parts.items()}


def _plain(interval: Interval | None) -> dict[str, float | int | None] | None:
    if interval is None:
        return None
    ends = {name: getattr(interval, name) for name in ("mean", "low", "high")}
    return {name: None if math.isnan(end) else end for name, end in ends.items()} | {"n": interval.n}


def value_of(run: Run) -> Value | None:
    """Return without what -> the accuracy that came back; None where the run has no forks."""
    if not (run.folder / FILE).is_file():
        return None
    base, record = accuracy(run), read_json(run.folder / FILE)
    if base is None:
        raise RunError(f"{run.folder}: nothing was predicted, so that nothing was lost")
    return {frozenset(fork["without"]): float(fork["accuracy"]) - base for fork in _forks(record)}


def shapley(value: Value, name: str) -> float | None:
    """Return the Shapley value of a factor; None where a subset was not run. The empty subset gives nothing."""
    names = union(value)
    others, total = sorted(names - {name}), 0.0
    whole = {frozenset[str](): 0.0, **value}
    for size in range(len(others) + 1):
        weight = math.factorial(size) * math.factorial(len(others) - size) / math.factorial(len(names))
        for before in map(frozenset, combinations(others, size)):
            if before not in whole or before | {name} not in whole:
                return None
            total += weight * (whole[before | {name}] - whole[before])
    return total


def union(value: Value) -> set[str]:
    """Return all factors of some forks."""
    return set().union(*value)


def _forks(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    forks: Sequence[Mapping[str, Any]] = record.get("forks", [])
    if not forks:
        raise RunError("explain.json: lists no forks; explain the run again")
    return forks


def _booked(name: str, gaps: Sequence[Mapping[str, float] | None]) -> Interval | None:
    if not BOOKED[name] or None in gaps:
        return None
    return student_interval([sum(gap.get(part, 0.0) for part in BOOKED[name]) for gap in gaps if gap is not None])


def _shapley(values: Sequence[Value], name: str) -> Interval | None:
    found = [shapley(value, name) for value in values]
    return None if None in found else student_interval(found)
