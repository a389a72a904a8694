"""The text of a trace file, packed or not, and errors that name the line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from agents.tabular.sheet import open_lines
from agents.tabular.text_lines import read_lines
from sim.network.traces.json_rows import holds_json, json_lines
from sim.network.traces.tool_logs import is_ping, ping_lines

#: Lines looked at before a file is read, and marks that are tried between columns; blanks are the last resort.
_PEEKED, _MARKS = 64, (";", "\t", ",", "|")


class TraceError(ValueError):
    """A trace cannot be played; the message names file and line, what is wrong and what to do."""


def stamp_of(path: str | Path) -> tuple[int, int] | None:
    """Return values that differ if a file (or ``FILE.zip!member``) has changed since it was read."""
    file = Path(str(path).partition("!")[0])
    return (file.stat().st_mtime_ns, file.stat().st_size) if file.is_file() else None


@dataclass(frozen=True)
class TraceText:
    """One trace, read line by line as often as it is asked for.

    Attributes:
        name: of the file.
        skip: lines at its beginning that are left out.
        head: its first lines that count, each with its number.
        mark: what stands between columns; None: blanks.
        is_json: whether it is JSON, of which numbers count rows.
        is_ping: whether ping wrote it.
    """

    name: str
    skip: int
    head: tuple[tuple[int, str], ...]
    mark: str | None
    is_json: bool = False
    is_ping: bool = False

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield (number, text) of each line, without blank lines, ``#`` comments and ``sep=`` lines.

        Raises:
            TraceError: the file is damaged, or no text.
        """
        if self.is_ping:
            yield from _ping(self.name, self.skip)
        else:
            yield from _json(self.name) if self.is_json else _lines(self.name, self.skip)

    def split(self, line: str) -> list[str]:
        """Return the columns of a line."""
        if self.mark is None:
            return line.split()
        return [field.strip() for field in self._cut(line, self.mark)]

    def _cut(self, line: str, mark: str) -> list[str]:
        if '"' not in line:
            return line.split(mark)
        try:
            return next(csv.reader([line], delimiter=mark))
        except csv.Error:
            return line.split(mark)

    def error(self, number: int, message: str) -> TraceError:
        """Return the error that says ``message`` about a line."""
        place = f"{self.name}:{number}"
        if self.is_json:
            place = f"{self.name}: row {number}" if number else self.name
        return TraceError(f"{place}: {message}")


def read_text(path: str, skip: int = 0, decimal: str = ".") -> TraceText:
    """Open ``FILE`` or, as ``FILE.zip!inner/name.csv``, one member of a zip, and look at its first lines.

    Raises:
        TraceError: no such file or member, a damaged zip, or nothing in it.
    """
    _require_file(path.partition("!")[0])
    if _holds_pings(path):
        return TraceText(path, skip, tuple(islice(_ping(path, skip), _PEEKED)), ",", is_ping=True)
    if holds_json(path):
        return _read_json(path, skip)
    head = tuple(islice(_lines(path, skip), _PEEKED))
    if not head:
        raise TraceError(f"{path}: the trace is empty; it needs at least one line")
    return TraceText(path, skip, head, _mark([line for _, line in head], decimal))


def _read_json(path: str, skip: int) -> TraceText:
    if skip:
        raise TraceError(f"{path}: is JSON, which has no lines to leave out; remove 'skip'")
    head = tuple(islice(_json(path), _PEEKED))
    if not head:
        raise TraceError(f"{path}: the trace is empty; it needs at least one row")
    return TraceText(path, 0, head, "," if any("," in line for _, line in head) else None, is_json=True)


def _json(path: str) -> Iterator[tuple[int, str]]:
    try:
        yield from json_lines(path)
    except ValueError as error:
        raise TraceError(str(error)) from error


def _holds_pings(path: str) -> bool:
    try:
        return is_ping(text for _, text in open_lines(Path(path)).head)
    except ValueError:
        return False


def _ping(path: str, skip: int) -> Iterator[tuple[int, str]]:
    try:
        yield from ping_lines(path, _lines(path, skip))
    except ValueError as error:
        raise TraceError(str(error)) from error


def _lines(path: str, skip: int) -> Iterator[tuple[int, str]]:
    try:
        # A logger's odd byte in a name must not spoil the numbers beside it.
        for number, raw in read_lines(Path(path), skip, "replace"):
            line = raw.strip()
            if line and not line.startswith("#") and not line.lower().startswith(("sep=", '"sep=')):
                yield number, line
    except ValueError as error:
        raise TraceError(str(error)) from error


def _mark(lines: list[str], decimal: str) -> str | None:
    """Return the mark that cuts all lines into equally many columns, or else one that the first line has."""
    marks = [mark for mark in _MARKS if mark != decimal]
    even = (mark for mark in marks if len({line.count(mark) for line in lines}) == 1 and mark in lines[0])
    some = (mark for mark in marks if mark in lines[0])
    return next(even, None) or next(some, None)


def _require_file(file: str) -> None:
    path = Path(file)
    if not path.exists():
        near = get_close_matches(path.name, _names_beside(file), n=1)
        raise TraceError(f"{file}: no such trace" + (f"; did you mean {near[0]!r}?" if near else ""))
    if path.is_dir():
        raise TraceError(f"{file}: this is a directory; name one trace in it")


def _names_beside(file: str) -> list[str]:
    folder = Path(file).parent
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
