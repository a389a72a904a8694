"""A metric against a numeric axis of a sweep: the numbers behind the figure that a study is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from analysis.metrics import METRICS
from analysis.pairing import together
from analysis.statistics import Interval
from analysis.sweeps import Group, Sweep

#: Rates, sizes, times and shares in base units; a bare number stands for itself.
SCALES = {
    **{f"{prefix}bit/s": scale for prefix, scale in (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12))},
    **{f"{prefix}B/s": 8 * scale for prefix, scale in (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9))},
    **{f"{prefix}B": scale for prefix, scale in (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9))},
    "KiB": 1024.0,
    "MiB": 1024.0**2,
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "%": 0.01,
    "/s": 1.0,
    "/min": 1 / 60,
    "/h": 1 / 3600,
    "deg": 1.0,
    "": 1.0,
}
QUANTITY = re.compile(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*(\S*)")


class Line(NamedTuple):
    """One method (or other setting) along the axis: x in base units, the metric's interval at each."""

    label: str
    x: tuple[float, ...]
    values: tuple[Interval, ...]
    groups: tuple[Group, ...]


class Response(NamedTuple):
    """Lines against one axis; `panels` are by the values on all axes beside it and the lines', in their order."""

    axis: str
    others: tuple[str, ...]
    panels: dict[tuple[str, ...], tuple[Line, ...]]


def response(sweep: Sweep, metric: str, axis: str | None = None) -> Response | None:
    """Arrange a sweep along a numeric axis (default: the one with most values); None where there is none."""
    numeric = numeric_axes(sweep)
    if axis is None:
        if not numeric:
            return None
        axis = max(numeric, key=lambda one: len({group.values[one] for group in sweep.groups}))
    if axis not in numeric:
        return None
    rest = [one for one in sweep.axes if one != axis and not _follows(sweep, one, axis)]
    lead = next((one for one in rest if one.startswith("method.")), rest[0] if rest else None)
    # What was zipped with the lines' axis names lines, too: a method and its sizes are one setting.
    tied = together(sweep, lead) if lead is not None else set()
    leads = tuple(one for one in rest if one in tied)
    others = tuple(one for one in rest if one not in tied)
    panels: dict[tuple[str, ...], list[Group]] = {}
    for group in sweep.groups:
        panels.setdefault(_at(group, others), []).append(group)
    names = _names(sweep, leads)
    return Response(
        axis, others, {value: _lines(groups, metric, axis, leads, names) for value, groups in panels.items()}
    )


def _follows(sweep: Sweep, other: str, axis: str) -> bool:
    """Return whether an axis has one value for each of another's: both ways of a link that are narrowed together."""
    pairs = {(group.values[axis], group.values[other]) for group in sweep.groups}
    return len(pairs) == len({value for value, _ in pairs})


def _names(sweep: Sweep, leads: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Name the lines: by as many of their axes, from the first, as keep them apart."""
    lines = list(dict.fromkeys(_at(group, leads) for group in sweep.groups))
    enough = next(n for n in range(len(leads) + 1) if len({line[:n] for line in lines}) == len(lines))
    return {line: " · ".join(line[:enough]) for line in lines}


def numeric_axes(sweep: Sweep) -> list[str]:
    """Return the axes all of whose values are quantities of one dimension, at least two of them."""
    found = []
    for axis in sweep.axes:
        values = list(dict.fromkeys(group.values[axis] for group in sweep.groups))
        units = {base_unit(value) for value in values}
        if len(values) > 1 and None not in units and len(units) == 1:
            found.append(axis)
    return found


def base_value(text: str) -> float | None:
    """Return a quantity in base units; None for words."""
    found = QUANTITY.fullmatch(text.strip())
    if found is None or found[2] not in SCALES:
        return None
    return float(found[1]) * SCALES[found[2]]


def base_unit(text: str) -> str | None:
    """Return the base unit of a quantity; None for words."""
    found = QUANTITY.fullmatch(text.strip())
    if found is None or found[2] not in SCALES:
        return None
    ends = ("bit/s", "B/s", "iB", "B", "deg", "%")
    end = next((end for end in ends if found[2].endswith(end)), None)
    if end is None:
        return "/s" if found[2].startswith("/") else "s" if found[2] else ""
    return {"iB": "B", "B/s": "bit/s", "%": ""}.get(end, end)


def _lines(
    groups: Sequence[Group], metric: str, axis: str, leads: tuple[str, ...], names: dict[tuple[str, ...], str]
) -> tuple[Line, ...]:
    made = []
    for line in dict.fromkeys(_at(group, leads) for group in groups):
        mine = [(base_value(group.values[axis]) or 0.0, group) for group in groups if _at(group, leads) == line]
        mine.sort(key=lambda pair: pair[0])
        values = tuple(METRICS[metric].over(group.runs) for _, group in mine)
        made.append(Line(names[line], tuple(x for x, _ in mine), values, tuple(group for _, group in mine)))
    return tuple(made)


def _at(group: Group, axes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(group.values[axis] for axis in axes)
