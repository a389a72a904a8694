"""The description of a key of the grammar, by its dotted path, read from the JSON schema that validates it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sim.scenario.json_schema import json_schema
from sim.scenario.problems import near_miss

Schema = dict[str, Any]
_ANY = "*"
#: What stands before the path that an axis of a sweep changes.
_AXIS = re.compile(r"^sweep\.(grid|zip|exclude)(\.\d+)?\.(?=.)")


class UnknownKeyError(ValueError):
    """A path that the grammar does not have; the message names the nearest key."""


@dataclass(frozen=True)
class Key:
    """One key of the grammar: its path, and its part of the schema."""

    path: str
    schema: Schema

    @property
    def description(self) -> str:
        """What it means."""
        found = (one.get("description") for one in (self.schema, *_branches(self.schema)))
        return next((_first(text) for text in found if text), "")

    @property
    def default(self) -> Any:
        """Its default as it is written, or None."""
        return self.schema.get("default")

    @property
    def kinds(self) -> dict[str, str]:
        """The kinds it may be, with what each is."""
        branches = list(_branches(self.schema))
        return {kind: _first(branch.get("description", "")) for branch in branches for kind in _kinds(branch)}

    @property
    def keys(self) -> dict[str, Key]:
        """The keys below it; of a choice of kinds, those of none."""
        plain = [branch for branch in _branches(self.schema) if not _kinds(branch)]
        below = {name: one for branch in plain for name, one in branch.get("properties", {}).items()}
        return {name: Key(f"{self.path}.{name}".lstrip("."), one) for name, one in below.items()}

    @property
    def values(self) -> str:
        """What may stand there: type, unit, bounds, words."""
        return "; or ".join(dict.fromkeys(filter(None, map(_value, _branches(self.schema, named=True)))))


def describe(path: str) -> str:
    """Return what the key at ``path`` is, in some lines (``links.*.up.trace``, ``method.adapter.persona.window``).

    Raises:
        UnknownKeyError: the grammar has no such key.
    """
    key = find(path)
    lines = [f"{key.path}: {key.description}", f"  value    {key.values}"]
    if key.default is not None:
        lines.append(f"  default  {key.default}")
    lines += _listed("kinds", key.kinds) if key.kinds else []
    lines += _listed("keys", {name: one.description for name, one in key.keys.items()}) if key.keys else []
    return "\n".join(lines)


def find(path: str) -> Key:
    """Return the key at a dotted path; ``*`` or any name stands for the name of a link, a number for a list's item.

    An axis of a sweep (``sweep.grid.links.lte.up``) is the key that it changes.

    Raises:
        UnknownKeyError: the grammar has no such key.
    """
    schema, walked = _grammar(), ""
    for step in _AXIS.sub("", path).split("."):
        schema = _below(schema, step, walked)
        walked = f"{walked}.{step}".lstrip(".")
    return Key(walked, schema)


def options_of(place: str, kind: str) -> dict[str, Key]:
    """Return the options of a kind that may stand at ``place``."""
    return {name: one for name, one in find(f"{place}.{kind}").keys.items() if name != "kind"}


def _listed(title: str, entries: dict[str, str]) -> list[str]:
    width = max(map(len, entries))
    return [f"  {title}"] + [f"    {name:<{width}}  {text}".rstrip() for name, text in entries.items()]


@cache
def _grammar() -> Schema:
    return {key: part for key, part in json_schema().items() if key != "anyOf"}


def _below(schema: Schema, step: str, walked: str) -> Schema:
    names: list[str] = []
    for branch in _branches(schema):
        if step in _kinds(branch):
            return _without_kind(branch)
        open_to_any = list(branch.get("patternProperties", {}).values()) + [
            one for one in (branch.get("items"), branch.get("additionalProperties")) if isinstance(one, dict)
        ]
        if open_to_any and (step == _ANY or "properties" not in branch or step not in branch["properties"]):
            return open_to_any[0]
        own = branch.get("properties", {})
        if step in own:
            return dict(own[step])
        names += [*_kinds(branch), *own]
    where = f"'{walked}' has no key '{step}'" if walked else f"there is no key '{step}'"
    raise UnknownKeyError(f"{where}{near_miss(step, list(dict.fromkeys(names)))}")


def _branches(schema: Schema, *, named: bool = False) -> Iterator[Schema]:
    """Yield what a part of the schema may be, references followed; ``named``: with the name of the reference."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        inner = _grammar()["$defs"][name]
        if named and "properties" not in inner and "patternProperties" not in inner:
            yield {**inner, "name": name}
            return
        yield from _branches(inner, named=named)
    elif "anyOf" in schema and "properties" not in schema:
        for one in schema["anyOf"]:
            yield from _branches(one, named=named)
    else:
        yield schema


def _kinds(branch: Schema) -> list[str]:
    kind = branch.get("properties", {}).get("kind", {})
    return list(kind.get("enum", ["pkg.mod:Class"] if "pattern" in kind else []))


def _first(text: str) -> str:
    """Return the first paragraph."""
    return text.split("\n\n")[0].replace("\n", " ")


def _without_kind(branch: Schema) -> Schema:
    return {**branch, "properties": {name: one for name, one in branch["properties"].items() if name != "kind"}}


def _value(branch: Schema) -> str:
    if "name" in branch:
        example = next(iter(branch.get("examples", [])), "")
        return str(branch["name"]).replace("_", " ") + (f", as in '{example}'" if example else "")
    if "properties" in branch or "patternProperties" in branch:
        return "" if _kinds(branch) else "a map"
    if "enum" in branch or "const" in branch:
        return "one of " + ", ".join(map(str, branch.get("enum", [branch.get("const")])))
    words = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list"}
    kinds = branch.get("type", "text")
    shown = " or ".join(words.get(kind, "text") for kind in (kinds if isinstance(kinds, list) else [kinds]))
    bounds = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    limits = [f"{word} {branch[bound]:g}" for bound, word in bounds.items() if bound in branch]
    return " ".join([shown, *limits])
