"""What differs between runs that were never planned as one sweep: the axes along which they are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Setting = Mapping[str, str]

#: What makes a run another experiment, not another answer to the same one.
WORLD = ("task", "fleet", "drift", "concepts", "duration", "tick", "references")
#: What says nothing about what is simulated.
SILENT = ("seed", "name", "description", "execution", "sweep", "version")
#: Which of several paths that change together gives the axis its name.
FIRST = ("method.adapter.kind", "links", "fleet", "cloud", "method", "task", "drift")
#: Paths of a kind's options follow from its kind.
KIND = ".kind"


def flattened(scenario: Mapping[str, Any]) -> dict[str, str]:
    """Return a resolved scenario as path -> text, without what says nothing."""
    return {path: text for path, text in _leaves(scenario, "") if path.split(".")[0] not in SILENT}


def differing(settings: Sequence[Setting]) -> dict[str, list[str]]:
    """Return the axes of several settings: path -> the other paths that change exactly together with it.

    Options of a component are no axis where its kind differs.
    """
    paths = sorted({path for setting in settings for path in setting}, key=_rank)
    moving = [path for path in paths if len({setting.get(path) for setting in settings}) > 1]
    kinds = {path.removesuffix("kind") for path in moving if path.endswith(KIND)}
    moving = [path for path in moving if path.endswith(KIND) or not path.startswith(tuple(kinds))]
    axes: dict[str, list[str]] = {}
    by_pattern: dict[tuple[int, ...], str] = {}
    for path in moving:
        values = [setting.get(path) for setting in settings]
        pattern = tuple(values.index(value) for value in values)
        axes.setdefault(by_pattern.setdefault(pattern, path), []).append(path)
    return {path: others[1:] for path, others in axes.items()}


def of_world(path: str) -> bool:
    """Return whether a path says what the devices live through; the link of a cohort does not."""
    return path.split(".")[0] in WORLD and not path.endswith(".link")


def _rank(path: str) -> tuple[int, str]:
    place = next((place for place, first in enumerate(FIRST) if path.startswith(first)), len(FIRST))
    return place, path


def _leaves(value: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        items = [(str(key), below) for key, below in value.items()]
    elif isinstance(value, list) and any(isinstance(below, (Mapping, list)) for below in value):
        items = [(str(place), below) for place, below in enumerate(value)]
    else:
        return [(path, "-" if value is None else str(value))]
    return [leaf for key, below in items for leaf in _leaves(below, f"{path}.{key}" if path else key)]
