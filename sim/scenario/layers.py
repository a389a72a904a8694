"""From files to one tree: read, follow ``extends``, lay ``--set`` overrides on top."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sim.scenario.problems import Mark, Problem, ScenarioErrors, problem
from sim.scenario.tree import Node, merged
from sim.scenario.yaml_reader import MAX_BYTES, read_text

#: Maps whose shorthand is the bare kind: ``--set method.adapter.window=8`` works on ``adapter: persona``.
KINDED = frozenset(
    {"task.data", "task.model", "method.adapter", "method.trigger", "method.codec", "method.update_codec"}
)

#: What an entry of a list is called by: ``fleet.phones.link``.
NAMING = ("cohort", "name")


def read_tree(path: Path | str, faults: list[Problem], above: tuple[Path, ...] = ()) -> Node:
    """Read a scenario file and everything it extends, the file's own values on top.

    Raises:
        ScenarioErrors: a file cannot be read, is no map, or extends itself.
    """
    file, path = str(path), Path(path)
    root = read_text(_text(file, path), file, path.parent, faults, layer=-len(above))
    if not isinstance(root.content, dict):
        raise ScenarioErrors([*faults, problem(root.mark, "", "a scenario is a map of sections")])
    if "extends" not in root.content:
        return root
    own = {key: node for key, node in root.content.items() if key != "extends"}
    base = _base(root.content["extends"], faults, (*above, path.resolve()))
    return merged(base, replace(root, content=own))


def with_override(root: Node, text: str, layer: int, faults: list[Problem]) -> Node:
    """Return the tree with one ``a.b=c`` laid on top; ``c`` is YAML, ``layer`` counts overrides from 1.

    Raises:
        ScenarioErrors: no ``=``, no YAML, or a path through something that is neither map nor list.
    """
    written, equals, value = text.partition("=")
    steps = [step.strip() for step in written.split(".")]
    dotted = ".".join(steps)
    mark = Mark(f"--set {dotted}", 0, 0, root.mark.folder)
    if not equals or not all(steps):
        raise ScenarioErrors([*faults, problem(mark, "", "an override reads a.b=value")])
    if not value.strip():
        raise ScenarioErrors([*faults, problem(mark, dotted, "has no value after '='")])
    if dotted == "extends":
        raise ScenarioErrors([*faults, problem(mark, dotted, "only a file extends another; write it in a file")])
    given = read_text(value, mark.file, mark.folder, faults)
    return with_value(root, dotted, placed(given, mark, layer), faults)


def with_value(root: Node, dotted: str, value: Node, faults: Sequence[Problem] = ()) -> Node:
    """Return the tree with ``value`` at the path ``dotted``; maps on the way are made where missing.

    Raises:
        ScenarioErrors: the path leads through text or past the end of a list.
    """
    return _put(root, tuple(dotted.split(".")), (), value, faults)


def placed(node: Node, mark: Mark, layer: int) -> Node:
    """Return ``node`` with every value in it placed at ``mark`` and written by ``layer``."""
    content = node.content
    if isinstance(content, dict):
        content = {key: placed(child, mark, layer) for key, child in content.items()}
    elif isinstance(content, list):
        content = [placed(child, mark, layer) for child in content]
    return Node(content, mark, layer, node.written if content is not None else "")


def _put(node: Node, rest: tuple[str, ...], done: tuple[str, ...], value: Node, faults: Sequence[Problem]) -> Node:
    if not rest:
        return value
    key, below = rest[0], (*done, rest[0])
    if isinstance(node.content, list):
        index = _index(node, key, done, value.mark, faults)
        items = list(node.content)
        items[index] = _put(items[index], rest[1:], below, value, faults)
        return replace(node, content=items, layer=value.layer)
    entries = _entries(node, done, value.mark, faults)
    inside = entries.get(key, Node({}, value.mark))
    content = entries | {key: _put(inside, rest[1:], below, value, faults)}
    return replace(node, content=content, layer=value.layer)


def _entries(node: Node, done: tuple[str, ...], mark: Mark, faults: Sequence[Problem]) -> dict[str, Node]:
    if isinstance(node.content, dict):
        return node.content
    path = ".".join(done)
    if path in KINDED and isinstance(node.content, str):
        return {"kind": node}
    raise ScenarioErrors([*faults, problem(mark, "", f"{path} is '{node.content}', no map to set a key in")])


def _index(node: Node, key: str, done: tuple[str, ...], mark: Mark, faults: Sequence[Problem]) -> int:
    """Return the place in a list that a key means: a number, or the name of an entry that no other entry has."""
    if key.isdecimal() and int(key) < len(node.content):
        return int(key)
    names = [_name(item) for item in node.content]
    if names.count(key) == 1:
        return names.index(key)
    count, path = len(node.content), ".".join(done)
    wanted = f"0 to {count - 1}" if count else "none, for the list is empty"
    known = ", ".join(name for name in names if name)
    raise ScenarioErrors(
        [
            *faults,
            problem(mark, "", f"{path} has no entry '{key}'; entries: {wanted}{f', or {known}' if known else ''}"),
        ]
    )


def _name(item: Node) -> str:
    """Return what an entry of a list is called: a cohort, or a change that has a name."""
    named = next((item.child(key) for key in NAMING if item.child(key) is not None), None)
    return str(named.content) if named is not None else ""


def _base(given: Node, faults: list[Problem], above: tuple[Path, ...]) -> Node:
    if not isinstance(given.content, str):
        raise ScenarioErrors([*faults, problem(given.mark, "extends", "names one scenario file")])
    path = given.mark.folder / given.content
    if path.resolve() in above:
        chain = " -> ".join(step.name for step in (*above, path))
        raise ScenarioErrors([*faults, problem(given.mark, "extends", f"goes in a circle: {chain}")])
    if not os.path.isfile(path):
        message = f"there is no file '{given.content}' beside {Path(given.mark.file).name}"
        raise ScenarioErrors([*faults, problem(given.mark, "extends", message)])
    return read_tree(path, faults, above)


def _text(file: str, path: Path) -> str:
    try:
        # A pipe may never end, and never begin.
        if not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode):
            raise ScenarioErrors([Problem(file, 0, 0, "", "is no plain file but a pipe or a device")])
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reasons = {FileNotFoundError: "there is no such file", IsADirectoryError: "is a folder, not a file"}
        reason = reasons.get(type(error), f"cannot be read: {error.strerror}")
        raise ScenarioErrors([Problem(file, 0, 0, "", reason)]) from None
    if len(raw) > MAX_BYTES:
        raise ScenarioErrors([Problem(file, 0, 0, "", f"is larger than {MAX_BYTES // 1024} KiB")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioErrors([Problem(file, line, 1, "", "is not UTF-8 text")]) from None
