"""A scenario as an object: built in Python, checked as a file is, and written as YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from sim.scenario import Scenario as Checked
from sim.scenario import ScenarioErrors, dump_resolved
from sim.scenario.layers import read_tree, with_override
from sim.scenario.loader import check
from sim.scenario.problems import Mark, Problem, problem
from sim.scenario.shipped import found
from sim.scenario.tree import Node

#: What stands for the file in messages about a scenario that has none.
NAME = "Scenario"


class Scenario:
    """A checked scenario.

    ``Scenario(duration="10 min", tick="10 s", fleet=[...], ...)`` has the sections of the YAML file as arguments;
    quantities are text with their unit. Relative paths start in the working folder.

    Raises:
        ScenarioErrors: all that is wrong, each line with its path: ``Scenario: links.lte.up: '5 Mbs' is no data rate``.
    """

    def __init__(self, *, allow_plugins: bool = False, **sections: Any) -> None:
        reader = _Reader()
        self._fill(reader.tree({"version": 1} | sections), reader.faults, allow_plugins)

    def _fill(self, tree: Node, faults: list[Problem], allow_plugins: bool) -> None:
        self._tree, self._allow_plugins = tree, allow_plugins
        self._checked: Checked = check(tree, faults, allow_plugins=allow_plugins)

    @classmethod
    def read(cls, file: str | Path, *, allow_plugins: bool = False) -> Scenario:
        """Read a file, or a scenario of the project by its name."""
        faults: list[Problem] = []
        made = cls.__new__(cls)
        made._fill(read_tree(found(file), faults), faults, allow_plugins)
        return made

    def having(self, values: Mapping[str, Any]) -> Scenario:
        """Return it with other values: ``{"links.lte.up": "32 kbit/s"}``."""
        faults: list[Problem] = []
        tree = self._tree
        for layer, text in enumerate(overrides_of(values), 1):
            tree = with_override(tree, text, layer, faults)
        made = type(self).__new__(type(self))
        made._fill(tree, faults, self._allow_plugins)
        return made

    @property
    def checked(self) -> Checked:
        """The scenario with every default, quantities in base units."""
        return self._checked

    @property
    def allows_plugins(self) -> bool:
        """Whether classes that it names may be imported."""
        return self._allow_plugins

    @property
    def name(self) -> str:
        return self._checked.name

    def resolved(self) -> dict[str, Any]:
        """Return the long form as plain data: every default written out, quantities as text."""
        return self._checked.resolved()

    def to_yaml(self) -> str:
        """Return the long form as YAML; it reads back to an equal scenario."""
        return dump_resolved(self._checked)

    def write(self, file: str | Path) -> Path:
        """Write it as YAML; return the path."""
        Path(file).write_text(self.to_yaml(), encoding="utf-8")
        return Path(file)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.resolved() == other.resolved()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        devices = sum(cohort.devices for cohort in self._checked.fleet)
        return f"Scenario({self.name!r}, {devices:,} devices, {self._checked.duration:g} s)"


def overrides_of(values: Mapping[str, Any]) -> list[str]:
    """Return values by path as ``--set`` has them.

    Raises:
        ScenarioErrors: a value that YAML cannot say.
    """
    problems, texts = [], []
    for path, value in values.items():
        try:
            texts.append(f"{path}={json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)}")
        except (TypeError, ValueError) as error:
            problems.append(Problem("set", 0, 0, path, str(error)))
    if problems:
        raise ScenarioErrors(problems)
    return texts


def _plain(value: Any) -> Any:
    """Return what stands for a path or a number of NumPy's."""
    if isinstance(value, Path):
        return str(value)
    if callable(getattr(value, "tolist", None)):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} is no value of a scenario")


class _Reader:
    """Makes the tree of a file from plain data. Every value has a place of its own, which no message shows."""

    def __init__(self) -> None:
        self.faults: list[Problem] = []
        self._folder, self._places = Path.cwd(), count()

    def tree(self, value: Any, path: str = "") -> Node:
        """Return the tree; what is no value of a scenario becomes a fault with its path."""
        mark = Mark(NAME, 0, next(self._places), self._folder)
        if isinstance(value, Mapping):
            below = ((str(key), child) for key, child in value.items())
            return Node({key: self.tree(child, f"{path}.{key}".strip(".")) for key, child in below}, mark)
        if isinstance(value, (list, tuple)):
            return Node([self.tree(child, f"{path}.{place}") for place, child in enumerate(value)], mark)
        if value is None or isinstance(value, (str, bool, int, float)):
            return Node(value, mark)
        try:
            return self.tree(_plain(value), path)
        except TypeError as error:
            self.faults.append(problem(mark, path, str(error)))
            return Node("", mark)
