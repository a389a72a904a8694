"""From a row of the table, or a user's class, to a codec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.codecs import CODECS
from agents.codecs.message import Codec
from agents.contract.component import make_component


def make_codec(name: str, options: Mapping[str, Any] | None = None) -> Codec:
    """Return the codec ``name``.

    Raises:
        ValueError: an unknown codec, or options that it does not take.
    """
    codec: Codec = make_component(CODECS, name, "codec", options or {})
    return codec
