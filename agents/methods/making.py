"""From a row of the table, or a user's class, to a method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.codecs.making import make_codec
from agents.contract.component import component_of
from agents.contract.errors import error_location
from agents.contract.plugins import is_plugin
from agents.methods import METHODS
from agents.methods.base import Context, Method
from agents.methods.old_forms import require_current
from agents.models.base import Net


def make_method(
    name: str,
    options: Mapping[str, Any],
    codec: str,
    net: Net,
    codec_options: Mapping[str, Any] | None = None,
) -> Method:
    """Return the method ``name``, its messages coded by ``codec``, for devices that run ``net``.

    Raises:
        ValueError: an unknown method, codec or option, or a pairing that cannot work.
        PluginError: a user's class that cannot be imported, or is written for an older protocol.
    """
    component = component_of(METHODS, name, "adapter")
    typed = component.read(options, f"adapter {name}")
    with error_location("method.codec"):
        coding = make_codec(codec, codec_options)
    method: Method = component.load()(Context(typed, coding, net))
    if is_plugin(name):
        require_current(name, method)
    return method
