"""Which settings a sweep has: a grid of axes, axes that change together, and combinations that are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, TypeVar

Value = TypeVar("Value")
#: One setting of a sweep: path of each axis -> value as it stands in the file.
Setting = dict[str, Any]
#: Path of an axis -> its values.
Columns = Mapping[str, Sequence[Value]]


#: What a sweep may ask for; more is a slip, and would only be listed for hours.
MAX_POINTS = 10_000
TOO_MANY = f"asks for more than {MAX_POINTS} runs"


class Axes(dict[str, Sequence[Any]]):
    """The values of each axis, each once; ``settings`` are the combinations that are played, in order."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        super().__init__()
        self.settings = settings
        for setting in settings:
            for path, value in setting.items():
                values: Any = self.setdefault(path, [])
                if value not in values:
                    values.append(value)


def combined(grid: Columns[Value], zipped: Sequence[Columns[Value]]) -> Iterator[dict[str, Value]]:
    """Yield every combination of the grid's values with the rows of what changes together, the last fastest."""
    factors = [[{path: value} for value in values] for path, values in grid.items()]
    factors += [
        [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)] for columns in zipped
    ]
    for parts in product(*factors):
        yield {path: value for part in parts for path, value in part.items()}


def how_many(grid: Columns[Any], zipped: Sequence[Columns[Any]]) -> int:
    """Return how many settings :func:`combined` yields."""
    return prod(map(len, grid.values())) * prod(len(next(iter(columns.values()))) for columns in zipped)


def left_out(setting: Setting, exclude: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether any entry of ``exclude`` fits a setting in all that it names."""
    return any(all(fits(setting[path], wanted) for path, wanted in entry.items()) for entry in exclude)


def fits(value: Any, wanted: Any) -> bool:
    """Return whether a value is of the kind, or has the options, that are wanted."""
    if not isinstance(value, Mapping):
        return bool(value == wanted)
    if not isinstance(wanted, Mapping):
        return bool(value.get("kind") == wanted)
    return all(key in value and fits(value[key], item) for key, item in wanted.items())


def misfit_of(
    grid: Columns[Any], zipped: Sequence[Columns[Any]], exclude: Sequence[Mapping[str, Any]]
) -> tuple[str, tuple[str | int, ...]] | None:
    """Return what is wrong with a sweep, in words, and where in its section; None where nothing is."""
    seen = set(grid)
    for number, columns in enumerate(zipped):
        lengths = {path: len(values) for path, values in columns.items()}
        if len(set(lengths.values())) > 1:
            has = ", ".join(f"{path} has {length}" for path, length in lengths.items())
            return f"what changes together needs as many values on each axis; {has}", ("zip", number)
        if twice := sorted(seen & set(columns)):
            return f"{twice[0]} is an axis already", ("zip", number, twice[0])
        seen |= set(columns)
    for number, entry in enumerate(exclude):
        if strange := [path for path in entry if path not in seen]:
            known = ", ".join(sorted(seen)) or "none"
            return f"the sweep has no axis '{strange[0]}'; its axes: {known}", ("exclude", number)
    if how_many(grid, zipped) > MAX_POINTS:
        return TOO_MANY, ()
    return _misfit_of_exclude(list(combined(grid, zipped)), exclude)


def _misfit_of_exclude(
    settings: Sequence[Setting], exclude: Sequence[Mapping[str, Any]]
) -> tuple[str, tuple[str | int, ...]] | None:
    for number, entry in enumerate(exclude):
        if not any(left_out(setting, [entry]) for setting in settings):
            return "leaves out nothing: no setting of the sweep has these values", ("exclude", number)
    if settings and all(left_out(setting, exclude) for setting in settings):
        return "leaves nothing to play", ("exclude",)
    return None
