"""Adaptation methods: one paper, one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.blame import about
from agents.codecs.making import make_codec
from agents.methods.base import (
    CHUNK,
    CloudState,
    Context,
    DeviceState,
    Inputs,
    Method,
    OfFeatures,
    Payload,
    Recent,
    Updates,
    Who,
)
from agents.methods.cloud_ft import CloudFt
from agents.methods.persona import Persona
from agents.methods.static import Static
from agents.models.base import Net
from agents.plugins import is_plugin, load_class

#: Name in a scenario -> method.
METHODS: dict[str, Callable[[Context], Method]] = {
    "static": Static,
    "cloud_ft": CloudFt,
    "persona": Persona,
}

__all__ = [
    "CHUNK",
    "METHODS",
    "CloudState",
    "Context",
    "DeviceState",
    "Inputs",
    "Method",
    "OfFeatures",
    "Payload",
    "Recent",
    "Updates",
    "Who",
    "make_method",
]


def make_method(
    name: str, options: Mapping[str, Any], codec: str, net: Net, codec_options: Mapping[str, Any] | None = None
) -> Method:
    """Return the method ``name``, its messages coded by ``codec``, for devices that run ``net``.

    Raises:
        ValueError: an unknown method, codec or option, or a pairing that cannot work.
    """
    if name not in METHODS and not is_plugin(name):
        raise ValueError(f"adapter {name!r} is unknown; known are {', '.join(METHODS)}")
    make = load_class(name) if is_plugin(name) else METHODS[name]
    with about("method.codec"):
        coding = make_codec(codec, codec_options)
    method: Method = make(Context(dict(options), coding, net))
    return method
