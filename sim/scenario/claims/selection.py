"""Which points of a sweep a claim names: by values on the axes, or a method by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from agents.contract.component import OptionError
from sim.scenario.problems import near_miss
from sim.scenario.units import shown

Grid = Mapping[str, Sequence[Any]]
#: One setting of a sweep: path of each axis -> value as it stands in the grid.
Setting = dict[str, Any]


def one_setting(grid: Grid, wanted: Mapping[str, Any], *place: str) -> Setting:
    """Return the one setting that ``wanted`` names.

    Raises:
        OptionError: an axis or a value that the sweep does not have, or more than one setting.
    """
    found = settings(grid, wanted, *place)
    if len(found) > 1:
        open_axes = [path for path in grid if len(grid[path]) > 1 and path not in wanted]
        more = f"; say which {' and '.join(open_axes)}" if open_axes else ""
        raise OptionError(f"names {len(found)} settings of the sweep{more}", *place)
    return found[0]


def settings(grid: Grid, wanted: Mapping[str, Any], *place: str) -> list[Setting]:
    """Return all settings that ``wanted`` names, in the order of the sweep.

    Raises:
        OptionError: an axis or a value that the sweep does not have.
    """
    for path in wanted:
        require_axis(grid, path, *place)
    kept = {path: _fitting(path, values, wanted, place) for path, values in grid.items()}
    return [dict(zip(kept, values, strict=True)) for values in product(*kept.values())]


def require_axis(grid: Grid, path: str, *place: str) -> None:
    """Check that a sweep has an axis.

    Raises:
        OptionError: it does not.
    """
    if path not in grid:
        known = near_miss(path, list(grid)) or f"; its axes: {', '.join(grid) or 'none'}"
        raise OptionError(f"the sweep has no axis '{path}'{known}", *place)


def _fitting(path: str, values: Sequence[Any], wanted: Mapping[str, Any], place: tuple[str, ...]) -> list[Any]:
    if path not in wanted:
        return list(values)
    exact = [value for value in values if value == wanted[path]]
    found = exact or [value for value in values if _fits(value, wanted[path])]
    if not found:
        there = ", ".join(map(shown, values))
        raise OptionError(f"{path}: the sweep has no value {shown(wanted[path])}; it has {there}", *place)
    return found


def _fits(value: Any, wanted: Any) -> bool:
    """Return whether a value is of the kind, or has the options, that are wanted."""
    if not isinstance(value, Mapping):
        return bool(value == wanted)
    if not isinstance(wanted, Mapping):
        return bool(value.get("kind") == wanted)
    return all(key in value and _fits(value[key], item) for key, item in wanted.items())
