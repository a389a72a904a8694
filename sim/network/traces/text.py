"""The text of a trace file, packed or not, and errors that name the line."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from agents.tabular.packed import unpacked


class TraceError(ValueError):
    """A trace cannot be played; the message names file and line, what is wrong and what to do."""


@dataclass(frozen=True)
class TraceText:
    """The lines of one trace: (line number, text), without blank lines and ``#`` comments."""

    name: str
    lines: tuple[tuple[int, str], ...]

    def error(self, number: int, message: str) -> TraceError:
        """Return the error that says ``message`` about a line."""
        return TraceError(f"{self.name}:{number}: {message}")


def read_text(path: str) -> TraceText:
    """Return the lines of ``FILE`` or, as ``FILE.zip!inner/name.csv``, of one member of a zip.

    Raises:
        TraceError: no such file or member, a damaged zip, or nothing in it.
    """
    _require_file(path.partition("!")[0])
    try:
        with unpacked(Path(path)) as stream:
            raw = stream.read()
    except ValueError as error:
        raise TraceError(str(error)) from error
    # A logger's odd byte in a name must not spoil the numbers beside it.
    text = raw.decode(_encoding(raw), errors="replace")
    numbered = ((n, line.strip()) for n, line in enumerate(text.splitlines(), 1))
    lines = tuple((n, line) for n, line in numbered if line and not line.startswith("#"))
    if not lines:
        raise TraceError(f"{path}: the trace is empty; it needs at least one line")
    return TraceText(path, lines)


def _encoding(raw: bytes) -> str:
    """Return how text is encoded: UTF-16 where it begins with that mark, as spreadsheets write it, else UTF-8."""
    return "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _require_file(file: str) -> None:
    if not Path(file).exists():
        near = get_close_matches(Path(file).name, _names_beside(file), n=1)
        raise TraceError(f"{file}: no such trace" + (f"; did you mean {near[0]!r}?" if near else ""))
    if not Path(file).is_file():
        raise TraceError(f"{file}: this is a directory; name one trace in it")


def _names_beside(file: str) -> list[str]:
    folder = Path(file).parent
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
