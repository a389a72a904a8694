"""A table as its file lays it out: names of columns, what they are declared to be, and rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from agents.tabular.text_lines import read_lines

#: Lines looked at before a table is read.
_PEEKED = 64


class Row(NamedTuple):
    """The cells of one line of a file."""

    line: int
    cells: list[str]


class Cut(NamedTuple):
    """One delimiter, whether a line names the columns, and the number of the first line of data."""

    delimiter: str
    header: bool
    data_from: int


@dataclass(frozen=True)
class Sheet:
    """What every format of tables comes down to.

    Attributes:
        declared: of each column its names if it is declared nominal, ``"numeric"``, another word that the
            format has for it (``"date"``, ``"string"``), or None where nothing is declared.
        rows: the lines of data, as they are read.
        cut: how lines of text become cells, where a delimiter is all that does it.
    """

    path: Path
    names: tuple[str, ...]
    declared: tuple[tuple[str, ...] | str | None, ...]
    rows: Iterator[Row]
    cut: Cut | None = None

    def find(self, wanted: str | int, what: str) -> int:
        """Return the number of the column that ``wanted`` names, or is, counted from 0.

        Raises:
            ValueError: no such column, or several; ``what`` says what it was wanted for.
        """
        if isinstance(wanted, int):
            if not 0 <= wanted < len(self.names):
                raise ValueError(f"{self.path}: {what}: no column {wanted}; columns are 0 to {len(self.names) - 1}")
            return wanted
        if self.names.count(wanted) != 1:
            said = "several columns are" if wanted in self.names else "no column is"
            raise ValueError(f"{self.path}: {what}: {said} named {wanted!r}; columns: {_listed(self.names)}")
        return self.names.index(wanted)


class Opened(NamedTuple):
    """A text file: its first lines that are not empty, and all of them, the first ones included."""

    head: list[tuple[int, str]]
    lines: Iterator[tuple[int, str]]


def open_lines(path: Path, skip: int = 0) -> Opened:
    """Open a text file and look at its first lines; the first ``skip`` of the file are left out.

    Raises:
        ValueError: nothing in it, or no text; it names the file.
    """
    lines = ((number, text) for number, text in read_lines(path, skip) if text.strip())
    head = list(islice(lines, _PEEKED))
    if not head:
        raise ValueError(f"{path}: is empty; a table is wanted")
    return Opened(head, chain(head, lines))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
