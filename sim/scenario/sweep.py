"""From one scenario with a ``sweep`` section to the runs it asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from sim.scenario.layers import placed, read_tree, with_value
from sim.scenario.loader import check, overridden
from sim.scenario.problems import Problem, ScenarioErrors, problem
from sim.scenario.tree import Node
from sim.scenario.yaml_reader import scalar

MAX_POINTS = 10_000


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


@dataclass(frozen=True)
class _Axis:
    path: str
    values: list[Node]


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
    axes = _axes(root)
    seeds = scenario.sweep.seed_list(scenario.seed) if scenario.sweep else [scenario.seed]
    if prod(len(axis.values) for axis in axes) * len(seeds) > MAX_POINTS:
        raise ScenarioErrors([_about(root, "sweep", f"asks for more than {MAX_POINTS} runs")])
    combinations = list(product(*(axis.values for axis in axes)))
    _check_all(root, axes, combinations, len(overrides) + 2, allow_plugins)
    return list(_named(axes, combinations, seeds))


def _axes(root: Node) -> list[_Axis]:
    sweep = root.child("sweep")
    grid = sweep.child("grid") if sweep else None
    entries = grid.content.items() if grid else ()
    axes = [_Axis(path, node.content) for path, node in entries]
    strange = [axis for axis in axes if axis.path.split(".")[0] in ("seed", "sweep", "version", "name")]
    if strange:
        message = "cannot be swept" + ("; write 'sweep: {seeds: ...}'" if strange[0].path == "seed" else "")
        raise ScenarioErrors([_about(root, f"sweep.grid.{strange[0].path}", message)])
    return axes


def _check_all(
    root: Node, axes: list[_Axis], combinations: list[tuple[Node, ...]], layer: int, allow_plugins: bool
) -> None:
    if not axes:
        # The only point is the scenario itself.
        return
    problems: list[Problem] = []
    for combination in combinations:
        try:
            tree = root
            for axis, value in zip(axes, combination, strict=True):
                tree = with_value(tree, axis.path, _above(value, layer))
            check(tree, allow_plugins=allow_plugins)
        except ScenarioErrors as error:
            problems += error.problems
    if problems:
        raise ScenarioErrors(problems)


def _named(axes: list[_Axis], combinations: list[tuple[Node, ...]], seeds: list[int]) -> Iterator[Point]:
    labels, taken = _labels([axis.path for axis in axes]), set[str]()
    for combination in combinations:
        written = [written_value(value.plain()) for value in combination]
        values = {axis.path: text for axis, text in zip(axes, written, strict=True)}
        overrides = tuple(f"{path}={text}" for path, text in values.items())
        parts = [f"{label}={_safe(text)}" for label, text in zip(labels, written, strict=True)]
        for seed in seeds:
            yield Point(_fresh(",".join([*parts, f"seed={seed}"]), taken), values, overrides, seed)


def _fresh(name: str, taken: set[str]) -> str:
    """Return ``name``, short enough for a folder and different from those ``taken``."""
    short = name if len(name) <= 160 else f"{name[:150]}~{len(taken)}"
    fresh = short if short not in taken else f"{short}~{len(taken)}"
    taken.add(fresh)
    return fresh


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
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", text).strip("_")[:60]


def _above(value: Node, layer: int) -> Node:
    return placed(value, value.mark, layer)


def _about(root: Node, path: str, message: str) -> Problem:
    node = root.child("sweep") or root
    return problem(node.mark, path, message)
