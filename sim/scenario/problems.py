"""What is wrong with a scenario, and where: one line per problem, all problems of a file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

#: How many known names a message lists, how much of a word is compared, and how long a line may get.
_LISTED, _LONG, _LONGEST = 20, 64, 600
#: With how many known names a word is compared, and how many problems are printed one by one.
_COMPARED, _PRINTED = 200, 20
#: No path, and no value that a reader would want to see whole.
_LONG_WORD = re.compile(r"\S{300,}")


@dataclass(frozen=True)
class Mark:
    """A place in a scenario file, or in the ``--set`` that wrote a value.

    Attributes:
        file: as the user named it, or ``--set a.b``.
        line: from 1; 0 where there are no lines.
        column: from 1; 0 where there are no lines.
        folder: where relative paths written here start.
    """

    file: str
    line: int
    column: int
    folder: Path

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing wrong: its place, its path in the YAML (``links.lte.up``) and what is wanted instead."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        mark = Mark(self.file, self.line, self.column, Path())
        path = "" if self.file == f"--set {self.path}" else self.path
        return one_line(": ".join(part for part in (str(mark), path, self.message) if part))


class ScenarioErrors(Exception):  # noqa: N818  # it is all the errors of a file, and its name says so
    """A scenario cannot be used. ``problems`` holds every reason, ``str()`` gives one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems: list[Problem] = sorted(unique, key=lambda p: (p.file, p.line, p.column, p.path))
        more = len(self.problems) - _PRINTED
        lines = [str(problem) for problem in self.problems[:_PRINTED]]
        super().__init__("\n".join([*lines, *([f"and {more:,} more problems"] if more > 0 else [])]))


def problem(mark: Mark, path: str, message: str) -> Problem:
    """Return the problem of saying ``message`` about ``path`` at ``mark``."""
    return Problem(mark.file, mark.line, mark.column, path, message)


def near_miss(word: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` when ``word`` is close to a known one, else what is known."""
    close = closest(word, known)
    if close:
        return f"; did you mean '{close}'?"
    listed = [*known[:_LISTED], *(["..."] if len(known) > _LISTED else [])]
    return f"; known: {', '.join(listed)}" if known else ""


def closest(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that ``word`` looks like a slip of, if any."""
    close = get_close_matches(word.lower()[:_LONG], [name.lower() for name in known[:_COMPARED]], n=1, cutoff=0.6)
    return next(name for name in known if name.lower() == close[0]) if close else None


def one_line(text: str) -> str:
    """Return ``text`` without line breaks and terminal controls; long words and long texts are cut."""
    words = _LONG_WORD.sub(lambda word: f"{word[0][:_LONG]}... ({len(word[0]):,} characters)", text)
    short = words if len(words) <= _LONGEST else words[:_LONGEST] + "..."
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in short)
