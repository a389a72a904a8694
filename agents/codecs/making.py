"""From a row of the table, or a user's class, to a codec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.codecs import CODECS
from agents.codecs.base import Codec
from agents.contract.component import Component, make_component
from agents.contract.plugins import PluginError

#: What a codec was before it could have a memory.
_OLD = ("quantise", "restore", "scale_bytes")
_WANTED = ("fixed", "memory", "encode", "decode", "nbytes", "most_bytes", "write", "read")


def make_codec(name: str, options: Mapping[str, Any] | None = None, seed: int = 0) -> Codec:
    """Return the codec ``name``, made with ``options``; ``seed`` is that of what it draws at random.

    Raises:
        ValueError: an unknown codec, an option that it does not have, or one that it cannot work with.
        PluginError: a class of the user's own that cannot be had, or is no codec.
    """
    return made_of(CODECS, name, options or {}, seed)


def made_of(table: Mapping[str, Component], name: str, options: Mapping[str, Any], seed: int) -> Codec:
    """Return the codec ``name`` of a table, as :func:`make_codec`."""
    seen = {"seed": seed}
    args = [seen[one] for one in table[name].traits.get("sees", ())] if name in table else []
    codec: Codec = make_component(table, name, "codec", options, *args)
    _require_codec(name, codec)
    return codec


def _require_codec(name: str, codec: object) -> None:
    missing = [one for one in _WANTED if not hasattr(codec, one)]
    if missing and all(hasattr(codec, one) for one in _OLD):
        raise PluginError(
            f"plugin '{name}': quantise and scale_bytes are no longer called; derive from "
            "agents.codecs.per_field.PerField and write layout (was: dtype and scale_bytes), code (was: quantise) and "
            "restore"
        )
    if missing:
        raise PluginError(
            f"plugin '{name}' is no codec: it has no {missing[0]!r}; derive from agents.codecs.per_field.PerField"
        )
