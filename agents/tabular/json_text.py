"""JSON of files, read strictly: what Python would read in its own way, or not at all, is refused in plain words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.tabular.text_lines import whole_text

#: Text that is read as one value.
_MOST_BYTES = 1 << 28
#: Digits of the longest whole number that is read.
_MOST_DIGITS = 400
_DIGITS = re.compile(rf"[0-9]{{{_MOST_DIGITS + 1},}}")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def parsed_json(text: str) -> Any:
    """Return the value of a text in JSON.

    Raises:
        json.JSONDecodeError: it is none.
        RecursionError: nested too deeply.
        ValueError: a key twice in one map, a number of very many digits, half of a character.
    """
    if _DIGITS.search(text):
        raise ValueError(f"holds a number of more than {_MOST_DIGITS} digits")
    value = json.loads(text, object_pairs_hook=_map)
    if _HALF.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("holds half of a character (a surrogate without the other one)") from None
    return value


def recording_in_json(path: str) -> Any:
    """Return the value of a file in JSON.

    Raises:
        ValueError: it is none, nested too deeply, or too large; file and line are named.
    """
    text = whole_text(Path(path), _MOST_BYTES).decode("utf-8", "replace")
    try:
        return parsed_json(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}:{error.lineno}: is no JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"{path}: is nested too deeply for a recording") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _map(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"holds {twice!r} twice in one map; remove one of them")
    return found
