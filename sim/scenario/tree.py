"""A scenario as a tree of YAML values in which every value has its position in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sim.scenario.problems import Mark


class Text(str):
    """A piece of text that remembers the folder of its file, so that a relative path can be found."""

    folder: Path

    def __new__(cls, text: str, folder: Path) -> Text:
        self = super().__new__(cls, text)
        self.folder = folder
        return self


class Section(dict[str, Any]):
    """A map that remembers which layer wrote each key: base files lie below the file, ``--set`` above it.

    Where a higher layer replaces ``kind``, or one of several alternatives, the options of the old choice fall
    away; written in one layer they are an error.
    """

    layers: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Node:
    """A YAML value and its place: for a map's value the place of its key, for a list's item its start.

    ``written`` is what the file has where that was read as something else than text; empty otherwise.
    """

    content: Any
    mark: Mark
    layer: int = 0
    written: str = ""

    def at(self, mark: Mark) -> Node:
        """Return the same value, placed at ``mark``."""
        return replace(self, mark=mark)

    def child(self, key: str | int) -> Node | None:
        """Return the value under a key or list index, or None."""
        if isinstance(self.content, dict):
            return self.content.get(str(key))
        if isinstance(self.content, list) and isinstance(key, int) and 0 <= key < len(self.content):
            return self.content[key]
        return None

    def plain(self) -> Any:
        """Return ordinary Python values: :class:`Section`, list, :class:`Text` and numbers."""
        if isinstance(self.content, dict):
            section = Section({key: node.plain() for key, node in self.content.items()})
            section.layers = {key: node.layer for key, node in self.content.items()}
            return section
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        return Text(self.content, self.mark.folder) if isinstance(self.content, str) else self.content

    def walk(self, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """Yield every value below, itself first, with its path."""
        yield path, self
        children: Any = ()
        if isinstance(self.content, dict):
            children = self.content.items()
        elif isinstance(self.content, list):
            children = enumerate(self.content)
        for key, node in children:
            yield from node.walk((*path, key))


def locate(root: Node, loc: tuple[str | int, ...]) -> tuple[Node, str]:
    """Find the deepest written value on the way ``loc``, and its dotted path.

    Steps that were never written (the long form of a shorthand, the kind of a union) are passed over.
    """
    node, path = root, []
    for step in loc:
        if (child := node.child(step)) is not None:
            node = child
            path.append(str(step))
    return node, ".".join(path)


def merged(base: Node, over: Node) -> Node:
    """Return ``base`` with ``over`` laid on top: maps merge, everything else is replaced."""
    if not (isinstance(base.content, dict) and isinstance(over.content, dict)):
        return over
    content = dict(base.content)
    for key, node in over.content.items():
        content[key] = merged(content[key], node) if key in content else node
    return replace(over, content=content)
