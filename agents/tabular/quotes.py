"""Quotes in tables: around whole cells they are plain; anywhere else readers differ over what they mean."""

from __future__ import annotations

import re
from functools import lru_cache


def stray_quotes(text: bytes, delimiter: str) -> bool:
    """Return whether whole lines of ``text`` hold a quote that is not one of a pair around a cell without quotes."""
    return b'"' in text and b'"' in _quoted_cells(delimiter).sub(b"", text)


@lru_cache(maxsize=8)
def _quoted_cells(delimiter: str) -> re.Pattern[bytes]:
    mark = re.escape(delimiter.encode())
    return re.compile(rb"(?:^|(?<=" + mark + rb'))"[^"\r\n]*"(?=' + mark + rb"|\r?$)", re.MULTILINE)
