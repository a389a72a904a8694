"""Settings of a sweep in a few words: what a scenario writes as a map reads as a name and its options."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def in_words(value: str) -> str:
    """Return a setting as a reader would say it: ``{"kind": "persona", "tau": 1}`` is ``persona, tau 1``."""
    return _said(_read(value))


def words_apart(values: Sequence[str]) -> dict[str, str]:
    """Return words for each of an axis's settings: where no other is of its kind, the kind alone says which it is."""
    kind_of = {value: _kind(value) for value in values}
    number = Counter(kind_of.values())
    words = {
        value: kind if kind is not None and number[kind] == 1 else in_words(value) for value, kind in kind_of.items()
    }
    # Settings that read alike, such as 5 and "5", stay as they are written.
    return words if len(set(words.values())) == len(words) else {value: value for value in words}


def _kind(value: str) -> str | None:
    """Return which component a setting is; None where it is a map of something else."""
    read = _read(value)
    if isinstance(read, Mapping):
        return str(read["kind"]) if "kind" in read else None
    return str(read)


def _read(value: str) -> Any:
    """Return what a setting that is a map or quoted says; any other, and what is none after all, as it is."""
    try:
        return json.loads(value) if value.startswith(("{", '"')) else value
    except json.JSONDecodeError:
        return value


def _said(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"{value}".lower() if isinstance(value, bool) else f"{value}"
    options = [f"{name} {_nested(option)}" for name, option in value.items() if name != "kind"]
    return ", ".join([str(value["kind"]), *options] if "kind" in value else options)


def _nested(value: Any) -> str:
    return f"({_said(value)})" if isinstance(value, Mapping) and len(value) > 1 else _said(value)
