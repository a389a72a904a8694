"""``load``: a scenario file in, a checked :class:`Scenario` out, or every reason why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sim.scenario.context import survey
from sim.scenario.layers import read_tree, with_override
from sim.scenario.messages import MISSING, NOT_TEXT, is_worded, message
from sim.scenario.problems import Problem, ScenarioErrors, problem
from sim.scenario.scenario import Scenario
from sim.scenario.tree import Node, locate
from sim.scenario.units import shown
from sim.scenario.yaml_reader import SCALARS

#: PyYAML's table of first characters -> (tag, pattern) of plain scalars, with our own rules added.
_RESOLVERS = {
    first: [
        *yaml.SafeDumper.yaml_implicit_resolvers.get(first, []),
        *((f"tag:yaml.org,2002:{kind}", pattern) for kind, pattern in SCALARS.items()),
    ]
    for first in [*yaml.SafeDumper.yaml_implicit_resolvers, *"-+.0123456789~nNtTfF", ""]
}


def load(
    path: str | Path, overrides: Sequence[str] = (), *, seed: int | None = None, allow_plugins: bool = False
) -> Scenario:
    """Read, check and complete a scenario file.

    ``overrides`` are ``a.b=c`` texts, checked like the file; ``seed`` replaces the scenario's.

    Raises:
        ScenarioErrors: all problems at once, each with file, line, YAML path, and what is wanted.
    """
    faults: list[Problem] = []
    root = overridden(read_tree(path, faults), overrides, seed, faults)
    return check(root, faults, allow_plugins=allow_plugins)


def overridden(root: Node, overrides: Sequence[str], seed: int | None, faults: list[Problem]) -> Node:
    """Return the tree with all overrides and the seed laid on top, the later ones above.

    Raises:
        ScenarioErrors: an override that cannot be read or laid.
    """
    texts = [*overrides, *([f"seed={seed}"] if seed is not None else [])]
    for layer, text in enumerate(texts, 1):
        root = with_override(root, text, layer, faults)
    return root


def check(root: Node, faults: Sequence[Problem] = (), *, allow_plugins: bool = False) -> Scenario:
    """Check a tree and return the scenario it describes.

    Raises:
        ScenarioErrors: ``faults`` and everything else that is wrong.
    """
    problems = [*faults, *_empty_values(root)]
    raw = root.plain()
    raw.setdefault("name", re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(root.mark.file).stem).lstrip("-.")[:64] or "scenario")
    try:
        context = survey(raw, plugins=allow_plugins)
        scenario = Scenario.model_validate(raw, context=context)
    except ValidationError as error:
        empty = {(fault.file, fault.line, fault.column) for fault in problems}
        message = [_explained(root, line) for line in error.errors() if is_worded(line)]
        problems += [fault for fault in message if (fault.file, fault.line, fault.column) not in empty]
    if problems:
        raise ScenarioErrors(problems)
    return scenario


def dump_resolved(scenario: Scenario) -> str:
    """Return ``resolved.yaml``: the long form, every default written out; it loads to an equal scenario."""
    return dump_plain(scenario.resolved())


def dump_plain(values: Any) -> str:
    """Return plain values as YAML that our reader reads back to the same."""
    text: str = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


class _Dumper(yaml.SafeDumper):
    """Quotes text wherever our own reader or an old YAML reader would take it for something else."""

    yaml_implicit_resolvers = _RESOLVERS

    def ignore_aliases(self, data: object) -> bool:
        return True


def _explained(root: Node, line: ErrorDetails) -> Problem:
    loc, text = line["loc"], message(line)
    node, path = locate(root, loc)
    if text.startswith(MISSING):
        path = ".".join(part for part in (path, str(loc[-1])) if part)
    return problem(node.mark, path, _as_written(node, text))


def _as_written(node: Node, text: str) -> str:
    """Return a message with a value as the file has it, not as it was read: 123E456 and not inf."""
    value = shown(node.content)
    if not node.written or not text.startswith(f"{value} "):
        return text
    quotes = f'; put it in quotes: "{node.written}"' if text.endswith(NOT_TEXT) else ""
    return f"{node.written}{text[len(value) :]}{quotes}"


def _empty_values(root: Node) -> list[Problem]:
    empty = [(".".join(map(str, path)), node) for path, node in root.walk() if node.content is None]
    return [problem(node.mark, path, _emptiness(node)) for path, node in empty]


def _emptiness(node: Node) -> str:
    if node.written:
        quoted = f'if it is a name, put it in quotes: "{node.written}"'
        return f"{node.written} means nothing at all in YAML; {quoted}; else give a value or remove the line"
    return "is empty; give it a value or remove the line"
