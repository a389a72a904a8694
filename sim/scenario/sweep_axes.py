"""Which places of a scenario an axis may move: no two the same one, and none that something else has moved already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sim.scenario.layers import NAMING, read_tree
from sim.scenario.loader import overridden
from sim.scenario.problems import Mark, Problem, ScenarioErrors, problem
from sim.scenario.tree import Node

#: Sections that make no other run of a scenario, or one of another seed only.
FIXED = frozenset({"seed", "sweep", "version", "name", "claims"})

#: A path with the entries of lists by their numbers.
Place = tuple[str, ...]


def place_of(root: Node, path: str) -> Place:
    """Return the place that a dotted path means: ``fleet.phones.link`` and ``fleet.0.link`` are one."""
    node: Node | None = root
    place = list[str]()
    for step in path.split("."):
        listed = node is not None and isinstance(node.content, list)
        key = _number(node.content, step) if node is not None and listed else step
        node = node.child(int(key) if listed and key.isdecimal() else key) if node is not None else None
        place.append(key)
    return tuple(place)


def clash_of(root: Node, axes: Iterable[str]) -> tuple[str, str] | None:
    """Return the first axis that is no axis of its own, and why; None where all are."""
    before: dict[Place, str] = {}
    for path in axes:
        place = place_of(root, path)
        if place in before:
            return path, f"is the same place as the axis '{before[place]}'; keep one of them"
        if above := next((name for other, name in before.items() if other[: len(place)] == place), None):
            return path, f"replaces all that the axis '{above}' sets; name it before that one, or keep one of them"
        before[place] = path
    return None


def useless_of(root: Node, axes: Sequence[str], overrides: Sequence[str]) -> tuple[str, str] | None:
    """Return the first override that an axis replaces, and that axis; None where every override has an effect."""
    places = {place_of(root, axis): axis for axis in axes}
    for text in overrides:
        path = text.partition("=")[0].strip()
        place = place_of(root, path)
        if axis := next((axis for one, axis in places.items() if place[: len(one)] == one), None):
            return path, axis
    return None


def require_effect(file: str | Path, overrides: Sequence[str], seed: int | None) -> None:
    """Check that a sweep leaves nothing of what the command line sets without an effect.

    Raises:
        ScenarioErrors: an axis replaces an override, or the seeds are listed and another one is given.
    """
    faults: list[Problem] = []
    root = overridden(read_tree(file, faults), overrides, seed, faults)
    if (section := root.child("sweep")) is None:
        return
    if useless := useless_of(root, _axes(section), overrides):
        path, axis = useless
        why = f"has no effect: the axis '{axis}' of the sweep replaces it; change the values of the axis instead"
        raise ScenarioErrors([problem(_set(path, root), path, why)])
    seeds = section.child("seeds")
    given = seed is not None or any(text.partition("=")[0].strip() == "seed" for text in overrides)
    if given and seeds is not None and isinstance(seeds.content, list):
        why = "has no effect: the sweep lists its seeds; write '--set sweep.seeds=[...]' instead"
        raise ScenarioErrors(
            [problem(_set("seed", root) if seed is None else Mark("--seed", 0, 0, Path()), "seed", why)]
        )


def _set(path: str, root: Node) -> Mark:
    return Mark(f"--set {path}", 0, 0, root.mark.folder)


def _axes(section: Node) -> list[str]:
    grid, zipped = section.child("grid"), section.child("zip")
    columns = [grid, *(zipped.content if zipped is not None and isinstance(zipped.content, list) else [])]
    known: list[Mapping[str, Node]] = [
        one.content for one in columns if one is not None and isinstance(one.content, dict)
    ]
    return [path for each in known for path in each]


def _number(items: Sequence[Node], step: str) -> str:
    if step.isdecimal() and int(step) < len(items):
        return str(int(step))
    named = [next((one for key in NAMING if (one := item.child(key)) is not None), None) for item in items]
    names = [None if one is None else str(one.content) for one in named]
    return str(names.index(step)) if names.count(step) == 1 else step
