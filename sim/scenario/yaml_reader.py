"""YAML text to a tree with positions, without YAML's surprises.

Scalars follow YAML 1.2: ``on``, ``no`` and ``12:30:00`` are text and ``1e-3`` is a number. Duplicate keys,
tags, merge keys, several documents, deep nesting and alias bombs are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from sim.scenario.problems import Mark, Problem, ScenarioErrors, problem
from sim.scenario.tree import Node
from sim.scenario.yaml_complaints import in_plain_words

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_VALUES = 100_000
#: libyaml, where it is there, reads several times as fast; PyYAML's own reader has the better words for what is wrong.
_LOADERS = (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader)

SCALARS: dict[str, re.Pattern[str]] = {
    "null": re.compile(r"^(?:~|null|Null|NULL|)$"),
    "bool": re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    "int": re.compile(r"^[-+]?[0-9]+$"),
    # A digit fits in one place only: otherwise long ones would take quadratic time.
    "float": re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
}

_CONTROLS, _DIRECTIONS = r"\x00-\x08\x0b-\x1f\x7f-\x9f", r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
#: A character beyond U+FFFF as JSON writes it in ASCII: two escapes, which stand for one character together.
_PAIR = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_UNFIT = re.compile(rf"[{_CONTROLS}{_DIRECTIONS}\ud800-\udfff\ufffe\uffff]")


@dataclass
class _Anchor:
    """What an alias may stand for; None while the anchored value is still being read."""

    node: Node | None = None
    values: int = 0


@dataclass
class _Reader:
    """Turns parser events into nodes; ``faults`` collects what can be passed over."""

    file: str
    folder: Path
    events: Iterator[Any]
    faults: list[Problem]
    layer: int
    anchors: dict[str, _Anchor] = field(default_factory=dict)
    values: int = 0

    def document(self) -> Node:
        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            raise ScenarioErrors([Problem(self.file, 1, 1, "", "the file is empty")])
        node = self.value(next(self.events), ())
        next(self.events)
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            self.stop(following, (), "a second document begins here; a scenario is one document")
        return node

    def value(self, event: Any, path: tuple[str, ...]) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, path)
        self.count(event, path, 1)
        before = self.values
        anchor = _Anchor()
        if event.anchor:
            self.anchors[event.anchor] = anchor
        content = self.content(event, path)
        plain = isinstance(event, yaml.ScalarEvent) and not isinstance(content, str)
        node = Node(content, self.mark(event), self.layer, event.value if plain else "")
        anchor.node, anchor.values = node, self.values - before + 1
        return node

    def content(self, event: Any, path: tuple[str, ...]) -> Any:
        if event.tag is not None:
            self.fault(event, path, f"the tag '{event.tag}' has no meaning here; remove it")
        if isinstance(event, yaml.ScalarEvent):
            text = self.checked_text(event, path)
            return scalar(text) if event.implicit[0] else text
        if len(path) >= MAX_DEPTH:
            self.stop(event, path, f"nested more than {MAX_DEPTH} deep")
        return self.sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(path)

    def sequence(self, path: tuple[str, ...]) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, str(len(items)))))
        return items

    def mapping(self, path: tuple[str, ...]) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.stop(event, path, "a key must be plain text")
            key = self.checked_text(event, path)
            below = (*path, key)
            node = self.value(next(self.events), below).at(self.mark(event))
            if key in entries:
                self.fault(event, below, f"duplicate key; the first is on line {entries[key].mark.line}")
            elif key == "<<":
                self.fault(event, below, "merge keys are not read; repeat the entries or use extends")
            else:
                entries[key] = node
        return entries

    def alias(self, event: Any, path: tuple[str, ...]) -> Node:
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            self.stop(event, path, f"nothing is anchored as '&{event.anchor}'")
        if anchor.node is None:
            self.stop(event, path, f"'*{event.anchor}' contains itself")
        self.count(event, path, anchor.values)
        if len(path) + _height(anchor.node) > MAX_DEPTH:
            self.stop(event, path, f"nested more than {MAX_DEPTH} deep once aliases are expanded")
        return anchor.node.at(self.mark(event))

    def checked_text(self, event: Any, path: tuple[str, ...]) -> str:
        """Return a text; what it may not hold is a fault, and no cause of others."""
        text = _with_pairs_joined(event.value)
        if (sign := unfit(text)) is None:
            return text
        self.fault(event, path, f"holds the character {sign}, which text may not; remove it")
        return _UNFIT.sub("_", text)

    def count(self, event: Any, path: tuple[str, ...], values: int) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            self.stop(event, path, f"more than {MAX_VALUES} values once aliases are expanded")

    def mark(self, event: Any) -> Mark:
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1, self.folder)

    def fault(self, event: Any, path: tuple[str, ...], message: str) -> None:
        self.faults.append(problem(self.mark(event), ".".join(path), message))

    def stop(self, event: Any, path: tuple[str, ...], message: str) -> NoReturn:
        self.fault(event, path, message)
        raise ScenarioErrors(self.faults)


def _with_pairs_joined(text: str) -> str:
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def unfit(text: str) -> str | None:
    """Return the first character, by its number, that no text may hold: it would reach terminals and figures.

    These are controls (but for tabs and line ends), halves of surrogate pairs, what no XML may hold, and marks that
    turn the direction of writing (Boucher and Anderson, Trojan Source, 2023).
    """
    found = None if text.isascii() and text.isprintable() else _UNFIT.search(text)
    return None if found is None else f"U+{ord(found[0]):04X}"


def scalar(text: str) -> str | int | float | bool | None:
    """Return what a plain scalar means under YAML 1.2's core rules (decimal numbers only)."""
    kind = next((kind for kind, pattern in SCALARS.items() if pattern.match(text)), "str")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "float":
        # What is beyond all floats is no number of anything, but may be a name.
        return number if math.isfinite(number := float(text)) else text
    return _integer(text) if kind == "int" else text


def read_text(text: str, file: str, folder: Path, faults: list[Problem], layer: int = 0) -> Node:
    """Read one YAML document; what can be passed over is appended to ``faults``.

    Raises:
        ScenarioErrors: not YAML, or past one of the limits above.
    """
    known = len(faults)
    try:
        return _Reader(file, folder, yaml.parse(text, Loader=_LOADERS[0]), faults, layer).document()
    except yaml.YAMLError:
        del faults[known:]
        return _read_in_words(text, file, folder, faults, layer)


def _read_in_words(text: str, file: str, folder: Path, faults: list[Problem], layer: int) -> Node:
    """Read as :func:`read_text` does, more slowly; the problem says what is wrong in the reader's own words."""
    try:
        return _Reader(file, folder, yaml.parse(text, Loader=_LOADERS[1]), faults, layer).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ScenarioErrors([*faults, Problem(file, line, column, "", f"not YAML: {in_plain_words(error)}")]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character {error.character:#x} may not stand in YAML"
        raise ScenarioErrors([*faults, Problem(file, line, 1, "", message)]) from None


def _integer(text: str) -> int | str:
    # Longer digit strings are no count of anything, and converting them takes quadratic time.
    return int(text) if len(text) <= 18 else text


def _height(node: Node) -> int:
    children = node.content.values() if isinstance(node.content, dict) else node.content
    return 1 + max(map(_height, children), default=0) if isinstance(node.content, dict | list) else 0
