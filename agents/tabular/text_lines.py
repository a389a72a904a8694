"""Lines of a text file, packed or not, in UTF-8 or UTF-16, each with its number; never more than one in memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from agents.tabular.bounded import Recoded
from agents.tabular.packed import LONGEST_LINE, PIECE_BYTES, unpacked

#: Marks that a text in another encoding begins with; the longer one first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)


@contextmanager
def text_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a text file, packed or not, as UTF-8 without a byte order mark; the mark shows the encoding.

    Raises:
        ValueError: as :func:`agents.tabular.packed.unpacked`.
    """
    with unpacked(path) as raw:
        stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
        begins = stream.peek(4)[:4]
        mark, encoding = next(((mark, name) for mark, name in _MARKS if begins.startswith(mark)), (b"", "utf-8"))
        stream.read(len(mark))
        if encoding == "utf-8":
            yield cast(BinaryIO, stream)
        else:
            decoder = codecs.getincrementaldecoder(encoding)("replace")
            yield cast(BinaryIO, io.BufferedReader(Recoded(stream, decoder)))


def read_lines(path: Path, skip: int = 0, odd_bytes: str = "strict") -> Iterator[tuple[int, str]]:
    """Yield (number from 1, text without its end) of each line but the first ``skip``.

    ``odd_bytes`` says what becomes of bytes that are no UTF-8: ``strict`` refuses them, ``replace`` marks them.

    Raises:
        ValueError: no text, a line without end, a damaged file; the message names file and line.
    """
    with text_bytes(path) as stream:
        number = 0
        while raw := stream.readline(LONGEST_LINE):
            number += 1
            if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
                raise ValueError(f"{path}:{number}: is longer than {LONGEST_LINE} bytes; this is no table")
            if number > skip:
                yield number, _text(path, number, raw, odd_bytes)


def whole_text(path: Path, most_bytes: int) -> bytes:
    """Return all of a text file in UTF-8; memory grows with what is in it.

    Raises:
        ValueError: as :func:`agents.tabular.packed.unpacked`, or more than ``most_bytes`` in it.
    """
    content = bytearray()
    with text_bytes(path) as stream:
        while piece := stream.read(PIECE_BYTES):
            content += piece
            if len(content) > most_bytes:
                raise ValueError(f"{path}: is larger than {most_bytes >> 20} MiB; take a part of it")
    return bytes(content)


def _text(path: Path, number: int, raw: bytes, odd_bytes: str) -> str:
    try:
        text = raw.decode("utf-8", odd_bytes)
    except UnicodeDecodeError:
        raise ValueError(f"{path}:{number}: is no UTF-8 text; save it as UTF-8") from None
    if "\0" in text:
        wide = number == 1 and 3 * text.count("\0") > len(text)
        said = "; if it is UTF-16, save it as UTF-8" if wide else ""
        raise ValueError(f"{path}:{number}: holds a zero byte; this is no text{said}")
    text = text.rstrip("\r\n")
    if "\r" in text:
        raise ValueError(f"{path}:{number}: its lines end in carriage returns alone; save it with line feeds")
    return text
