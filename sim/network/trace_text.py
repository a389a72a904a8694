"""The text of a trace file, plain or within a zip, and errors that name the line."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


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
    file, bang, member = path.partition("!")
    _require_file(file)
    raw = _member(file, member) if bang or file.endswith(".zip") else Path(file).read_bytes()
    # A logger's odd byte in a name must not spoil the numbers beside it.
    text = raw.decode("utf-8-sig", errors="replace")
    numbered = ((n, line.strip()) for n, line in enumerate(text.splitlines(), 1))
    lines = tuple((n, line) for n, line in numbered if line and not line.startswith("#"))
    if not lines:
        raise TraceError(f"{path}: the trace is empty; it needs at least one line")
    return TraceText(path, lines)


def _require_file(file: str) -> None:
    if not Path(file).exists():
        near = get_close_matches(Path(file).name, _names_beside(file), n=1)
        raise TraceError(f"{file}: no such trace" + (f"; did you mean {near[0]!r}?" if near else ""))
    if not Path(file).is_file():
        raise TraceError(f"{file}: this is a directory; name one trace in it")


def _names_beside(file: str) -> list[str]:
    folder = Path(file).parent
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []


def _member(file: str, member: str) -> bytes:
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if _is_data(name)]
            if member not in names:
                raise TraceError(f"{file}: {_no_member(member, names)}")
            return archive.read(member)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise TraceError(f"{file}: the zip is damaged ({error}); fetch it again") from error


def _is_data(name: str) -> bool:
    return not name.endswith("/") and not name.startswith("__MACOSX/")


def _no_member(member: str, names: list[str]) -> str:
    near = get_close_matches(member, names, n=1, cutoff=0.0)
    example = f"; write for example '!{near[0]}'" if near else ""
    asked = f"there is no {member!r} in the zip" if member else "name a file within the zip"
    return f"{asked} ({len(names)} files){example}"
