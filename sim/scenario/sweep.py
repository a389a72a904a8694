"""From one scenario with a ``sweep`` section to the runs it asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.scenario.execution import Sweep
from sim.scenario.layers import placed, read_tree, with_value
from sim.scenario.loader import check, overridden
from sim.scenario.problems import Problem, ScenarioErrors, problem
from sim.scenario.sweep_axes import FIXED, clash_of
from sim.scenario.sweep_settings import MAX_POINTS, TOO_MANY, combined, how_many, left_out
from sim.scenario.tree import Node, Text
from sim.scenario.yaml_reader import scalar


@dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Attributes:
        name: unique in the sweep and fit for a folder.
        values: path -> value as written, for each axis in file order.
        overrides: what ``load`` must be given on top of the file and the user's own overrides.
        seed: seed of the run.
    """

    name: str
    values: dict[str, str]
    overrides: tuple[str, ...]
    seed: int


#: One setting of a sweep: path of each axis -> value, with its place in the file.
Placed = dict[str, Node]


def points(
    path: str | Path, overrides: Sequence[str] = (), *, seed: int | None = None, allow_plugins: bool = False
) -> list[Point]:
    """Return every run of the sweep, the last axis fastest and seeds innermost; all of them are checked.

    A scenario without a sweep is one point.

    Raises:
        ScenarioErrors: everything wrong with the file or with any point.
    """
    faults: list[Problem] = []
    root = overridden(read_tree(path, faults), overrides, seed, faults)
    scenario = check(root, faults, allow_plugins=allow_plugins)
    seeds = scenario.sweep.seed_list(scenario.seed) if scenario.sweep else [scenario.seed]
    settings = _settings(root, scenario.sweep, len(seeds))
    _check_all(root, settings, len(overrides) + 2, allow_plugins)
    return list(_named(settings, seeds, root.mark.folder))


def _settings(root: Node, sweep: Sweep | None, seeds: int) -> list[Placed]:
    """Return the settings that are played, those of the grid first."""
    if sweep is None:
        return [{}]
    grid, *zipped = columns = [_columns(root, "grid"), *(_columns(root, "zip", n) for n in range(len(sweep.zip)))]
    for place, axes in zip(("grid", *(f"zip.{n}" for n in range(len(zipped)))), columns, strict=True):
        _require_axes(root, place, axes)
    if clash := clash_of(root, (path for axes in columns for path in axes)):
        raise ScenarioErrors([_about(root, *clash)])
    if how_many(grid, zipped) * seeds > MAX_POINTS:
        raise ScenarioErrors([_about(root, "sweep", TOO_MANY)])
    whole = combined(grid, zipped)
    return [one for one in whole if not left_out({path: node.plain() for path, node in one.items()}, sweep.exclude)]


def _columns(root: Node, *steps: str | int) -> dict[str, list[Node]]:
    node = root.child("sweep")
    for step in steps:
        node = node.child(step) if node else None
    return {path: values.content for path, values in node.content.items()} if node else {}


def _require_axes(root: Node, place: str, axes: Iterable[str]) -> None:
    for path in axes:
        if path.split(".")[0] in FIXED:
            message = "cannot be swept" + ("; write 'sweep: {seeds: ...}'" if path == "seed" else "")
            raise ScenarioErrors([_about(root, f"sweep.{place}.{path}", message)])


def _check_all(root: Node, settings: Sequence[Placed], layer: int, allow_plugins: bool) -> None:
    problems: list[Problem] = []
    first: dict[str, Placed] = {}
    twice: list[Problem] = []
    # A setting without axes is the scenario itself.
    for setting in filter(None, settings):
        try:
            tree = root
            for path, value in setting.items():
                tree = with_value(tree, path, _above(value, layer))
            written = json.dumps(check(tree, allow_plugins=allow_plugins).resolved(), sort_keys=True, default=str)
            if (same := first.setdefault(sha256(written.encode()).hexdigest(), setting)) is not setting:
                twice.append(_alike(same, setting))
        except ScenarioErrors as error:
            problems += error.problems
    if problems or twice:
        raise ScenarioErrors(problems or twice[:1])


def _alike(one: Placed, other: Placed) -> Problem:
    """Say that two settings are one, where the second differs as it is written."""
    apart = [path for path, node in other.items() if node is not one[path]] or list(other)
    before, again = (", ".join(written_value(each[path].plain()) for path in apart) for each in (one, other))
    what = f"{again} stands there twice" if again == before else f"{again} is the same as {before}"
    message = f"{what}: both would be played to the same end; name it once"
    return problem(other[apart[0]].mark, " and ".join(apart), message)


def _named(settings: Sequence[Placed], seeds: Sequence[int], folder: Path) -> Iterator[Point]:
    """Yield the points; paths of overrides are relative to ``folder``, that of the file that is played."""
    labels, taken = _labels(list(settings[0])), set[str]()
    for setting in settings:
        values = {path: written_value(value.plain()) for path, value in setting.items()}
        overrides = tuple(
            f"{path}={written_value(_seen_from(folder, value.plain()))}" for path, value in setting.items()
        )
        parts = [f"{label}={_safe(text)}" for label, text in zip(labels, values.values(), strict=True)]
        for seed in seeds:
            yield Point(_fresh(",".join([*parts, f"seed={seed}"]), overrides, taken), values, overrides, seed)


def _fresh(name: str, overrides: Sequence[str], taken: set[str]) -> str:
    """Return ``name``, short enough for a folder and different from those ``taken``, however many seeds there are."""
    if len(name) > 160 or name in taken:
        # What differs may have been cut off, or be in signs that no folder has.
        ending, whole = name.rpartition(",")[2], sha256("\n".join([name, *overrides]).encode()).hexdigest()
        name = f"{name[:130]}~{whole[:10]},{ending}"
    taken.add(name)
    return name


def _seen_from(folder: Path, value: Any) -> Any:
    """Return a value in which relative paths to files of a file in another folder, which is extended, are absolute."""
    if isinstance(value, dict):
        return {key: _seen_from(folder, one) for key, one in value.items()}
    if isinstance(value, list):
        return [_seen_from(folder, one) for one in value]
    if isinstance(value, Text) and value.folder != folder and "." in value and (value.folder / value).is_file():
        return str((value.folder / value).resolve())
    return value


def _labels(paths: list[str]) -> list[str]:
    """Return for each path its shortest ending that no other path shares."""
    labels = []
    for path in paths:
        steps = path.split(".")
        endings = [".".join(steps[-length:]) for length in range(1, len(steps) + 1)]
        others = [f".{other}" for other in paths if other != path]
        labels.append(next((e for e in endings if not any(o.endswith(f".{e}") for o in others)), path))
    return labels


def written_value(value: Any) -> str:
    """Return ``value`` as ``--set`` reads it."""
    if isinstance(value, str) and scalar(value) == value and not re.search(r"""[#:{}\[\],&*!|>'"%@`]""", value):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _safe(text: str) -> str:
    # A component's kind is its name: what else it says follows.
    text = text.removeprefix('{"kind": ')
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", text).strip("_")[:60]


def _above(value: Node, layer: int) -> Node:
    return placed(value, value.mark, layer)


def _about(root: Node, path: str, message: str) -> Problem:
    node = root.child("sweep") or root
    return problem(node.mark, path, message)
