"""Lines of a text file, gzipped or not, each with its number; never more than one of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agents.tabular.packed import unpacked

#: A longer line is no line of a table.
LONGEST_BYTES = 1 << 20


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, text without its end) of each line; a byte order mark is skipped.

    Raises:
        ValueError: no UTF-8, a line without end, a damaged file; the message names file and line.
    """
    with unpacked(path) as stream:
        number = 0
        while raw := stream.readline(LONGEST_BYTES):
            number += 1
            if len(raw) == LONGEST_BYTES and not raw.endswith(b"\n"):
                raise ValueError(f"{path}:{number}: is longer than {LONGEST_BYTES} bytes; this is no table")
            yield number, _text(path, number, raw)


def _text(path: Path, number: int, raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path}:{number}: is no UTF-8 text") from None
    if "\0" in text:
        raise ValueError(f"{path}:{number}: holds a zero byte; this is no text")
    return text.rstrip("\r\n")
