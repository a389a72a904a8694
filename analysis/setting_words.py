"""Settings of a sweep in a few words: what a scenario writes as a map reads as a name and its options."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def in_words(value: str) -> str:
    """Return a setting as a reader would say it: ``{"kind": "persona", "tau": 1}`` is ``persona, tau 1``."""
    if not value.startswith("{"):
        return value
    try:
        read = json.loads(value)
    except json.JSONDecodeError:
        return value
    return _said(read)


def words_apart(values: Sequence[str]) -> dict[str, str]:
    """Return words for each of an axis's settings: where no other is of its kind, the kind alone says which it is."""
    words = {value: in_words(value) for value in values}
    kinds = Counter(_kind(word) for word in words.values())
    return {
        value: _kind(word) if value.startswith("{") and kinds[_kind(word)] == 1 else word
        for value, word in words.items()
    }


def _kind(words: str) -> str:
    return words.split(", ", 1)[0]


def _said(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"{value}".lower() if isinstance(value, bool) else f"{value}"
    options = [f"{name} {_nested(option)}" for name, option in value.items() if name != "kind"]
    return ", ".join([str(value["kind"])] * ("kind" in value) + options)


def _nested(value: Any) -> str:
    return f"({_said(value)})" if isinstance(value, Mapping) and len(value) > 1 else _said(value)
