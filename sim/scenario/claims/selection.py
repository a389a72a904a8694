"""Which points of a sweep a claim names: by values on the axes, or a method by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from agents.contract.component import OptionError
from sim.scenario.problems import near_miss
from sim.scenario.sweep_settings import Axes, Setting, fits
from sim.scenario.units import shown

Grid = Mapping[str, Sequence[Any]]


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
        OptionError: an axis, a value or a combination that the sweep does not have.
    """
    for path in wanted:
        require_axis(grid, path, *place)
    kept = {path: _fitting(path, values, wanted, place) for path, values in grid.items()}
    found = [dict(zip(kept, values, strict=True)) for values in product(*kept.values())]
    if not isinstance(grid, Axes):
        return found
    played = [setting for setting in found if setting in grid.settings]
    if not played:
        raise OptionError("the sweep leaves this combination out", *place)
    return played


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
    found = exact or [value for value in values if fits(value, wanted[path])]
    if not found:
        there = ", ".join(map(shown, values))
        raise OptionError(f"{path}: the sweep has no value {shown(wanted[path])}; it has {there}", *place)
    return found
