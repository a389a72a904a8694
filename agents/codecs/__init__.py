"""Codecs: how tensors become bytes on a link, what is left of them when they arrive, and what both ends remember."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from agents.codecs.base import Codec, End, Rows, fresh, nbytes_of, roundtrip
from agents.codecs.delta import Delta
from agents.codecs.dense import Fp16, Fp32, Int8
from agents.codecs.message import Field, Message, Tensors
from agents.codecs.per_field import Part, PerField
from agents.codecs.rice import Rice
from agents.codecs.topk import topk
from agents.plugins import PluginError, is_plugin, load_class

#: Name in a scenario -> what makes the codec of its options.
CODECS: dict[str, Callable[..., Codec]] = {
    "fp32": Fp32,
    "fp16": Fp16,
    "int8": Int8,
    "rice": Rice,
    "topk": topk,
    "delta": Delta,
}

__all__ = [
    "CODECS",
    "Codec",
    "End",
    "Field",
    "Message",
    "Part",
    "PerField",
    "Rows",
    "Tensors",
    "fresh",
    "make_codec",
    "nbytes_of",
    "roundtrip",
]

#: What codecs were before they had memories.
_OLD = ("quantise", "restore", "scale_bytes")


def make_codec(name: str, options: Mapping[str, Any] | None = None) -> Codec:
    """Return the codec ``name``, made with ``options``.

    Raises:
        ValueError: an unknown codec, an option that it does not have, or one that it cannot work with.
        PluginError: a class of the user's own that cannot be had, or is no codec.
    """
    if name not in CODECS and not is_plugin(name):
        raise ValueError(f"codec {name!r} is unknown; known are {', '.join(CODECS)}")
    make = load_class(name) if is_plugin(name) else CODECS[name]
    _require_options(name, make, options or {})
    codec: Codec = make(**(options or {}))
    _require_codec(name, codec)
    return codec


def _require_options(name: str, make: Callable[..., Codec], options: Mapping[str, Any]) -> None:
    known = signature(make).parameters
    if any(one.kind is one.VAR_KEYWORD for one in known.values()):
        return
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ValueError(f"codec {name} has no option {unknown[0]!r}; known are {', '.join(known) or 'none'}")


def _require_codec(name: str, codec: Any) -> None:
    wanted = ("fixed", "memory", "encode", "decode", "nbytes", "most_bytes", "write", "read")
    missing = [one for one in wanted if not hasattr(codec, one)]
    if not missing:
        return
    if all(hasattr(codec, one) for one in _OLD):
        raise PluginError(
            f"plugin '{name}': quantise and scale_bytes are no longer called; derive from agents.codecs.PerField and "
            "write layout (was: dtype and scale_bytes), code (was: quantise) and restore"
        )
    raise PluginError(f"plugin '{name}' is no codec: it has no {missing[0]!r}; derive from agents.codecs.PerField")
