"""What commands print as JSON: strict, so that every reader takes it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(record: Any) -> str:
    """Return a record as JSON; a number that is not finite (the interval of one seed) is null."""
    return json.dumps(_plain(record), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
