"""CSV: columns between delimiters, with a header or without; both are detected unless they are given."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile
from pathlib import Path

from agents.tabular.headers import header_stands
from agents.tabular.sheet import Cut, Opened, Row, Sheet
from agents.tabular.spelling import PLAIN, Spelling

#: Tried in this order; the one that cuts the first lines into most columns, all alike, wins.
DELIMITERS = (",", ";", "\t", "|", " ")
#: Lines of a file among which its table may begin.
_PREAMBLE = 20
#: How spreadsheets say in a first line what delimits the others.
_SEP_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


def delimited_sheet(
    path: Path,
    opened: Opened,
    delimiter: str | None = None,
    header: bool | None = None,
    spelling: Spelling = PLAIN,
) -> Sheet:
    """Return the sheet of a CSV file; a space as ``delimiter`` stands for any blanks.

    Lines before the header that begin with # are left out, but for the names that the last of them may hold for columns
    that have no header else. A first line ``sep=;`` gives the delimiter. Whether
    there is a header, :func:`agents.tabular.headers.header_stands` says. Where it has one name less than the
    lines below have columns, as R writes it, the first column has none.

    Raises:
        ValueError: a line that is cut into other columns than the first, or no cell at all; it names file and line.
    """
    head, given = _below_preamble(path, opened.head)
    lines = dropwhile(lambda line: line[0] < head[0][0], opened.lines)
    delimiter = delimiter or given or _sniffed(path, head)
    rows = list(_rows(path, head, delimiter, strict=False))
    if not rows:
        raise ValueError(f"{path}:{head[0][0]}: holds nothing but delimiters; name another file")
    first, below = rows[0], [row.cells for row in rows[1:]]
    called = [cell.strip() for cell in first.cells]
    ends = _ends_in_marks(called, below)
    called = called[: _named(called)] if ends else called
    width = len(called) if ends else _width(len(called), below, header)
    names = [""] * (width - len(called)) + called
    stands = width > len(called) or header
    named = header_stands(f"{path}:{first.line}", names, below, spelling) if stands is None else stands
    data = _rows(path, lines, delimiter)
    if named:
        next(data)
    columns = tuple(names) if named else _names_above(opened.head, head[0][0], delimiter, width)
    data_from = first.line + 1 if named else head[0][0]
    even = _even(path, _trimmed(data, width, ends) if ends else data, width)
    return Sheet(path, columns, (None,) * width, even, Cut(delimiter, named, data_from))


def _below_preamble(path: Path, head: list[tuple[int, str]]) -> tuple[list[tuple[int, str]], str | None]:
    """Return the first lines from the header on, and the delimiter that a line before it gives."""
    if found := _SEP_LINE.fullmatch(head[0][1].strip(" \r\n")):
        return _wanted(path, head[1:]), found[1]
    return _wanted(path, list(dropwhile(lambda line: _is_comment(line[1]), head))), None


def _wanted(path: Path, head: list[tuple[int, str]]) -> list[tuple[int, str]]:
    if not head:
        raise ValueError(f"{path}: holds no row of data in its first lines; leave comments out with 'skip'")
    return head


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith("#")


def _names_above(head: Sequence[tuple[int, str]], line: int, delimiter: str, width: int) -> tuple[str, ...]:
    """Return the names that the last comment above the data gives its columns, as NumPy writes it, or numbers."""
    above = [text.lstrip("# ") for number, text in head if number < line and _is_comment(text)]
    names = [cell.strip() for cell in _cut(above[-1], delimiter)] if above else []
    # A sign of comments alone names a column that counts the rows.
    names[:1] = [name or "#" for name in names[:1]]
    fits = len(names) == width == len(set(names)) and all(names) and not any(map(PLAIN.is_number, names))
    return tuple(names) if fits else tuple(f"column {n}" for n in range(width))


def _named(first: Sequence[str]) -> int:
    """Return how many cells there are up to the last one that is not empty."""
    return max((n for n, cell in enumerate(first, 1) if cell), default=0)


def _ends_in_marks(first: Sequence[str], below: Sequence[Sequence[str]]) -> int:
    """Return how many delimiters with nothing behind them end all lines below the first, as some writers do it."""
    width = _named(first)
    cells = max(len(first), width + 1)
    ends = all(len(row) == cells and not any(cell.strip() for cell in row[width:]) for row in below)
    return cells - width if below and width > 1 and ends else 0


def _trimmed(rows: Iterable[Row], width: int, ends: int) -> Iterator[Row]:
    """Yield rows without the nothing behind their last delimiters."""
    for row in rows:
        empty = len(row.cells) == width + ends and not any(cell.strip() for cell in row.cells[width:])
        yield Row(row.line, row.cells[:width]) if empty else row


def _width(first: int, below: Sequence[Sequence[str]], header: bool | None) -> int:
    """Return how many columns the file has."""
    one_more = {len(cells) for cells in below} == {first + 1}
    return first + 1 if one_more and header is not False else first


def _sniffed(path: Path, head: Sequence[tuple[int, str]]) -> str:
    widths = {one: [len(_cut(text, one)) for _, text in head] for one in DELIMITERS}
    even = [one for one in DELIMITERS if widths[one][0] > 1 and _are_even(widths[one])]
    if not even:
        for one in DELIMITERS:
            if one != " ":
                _refuse_preamble(path, head, [_cut(text, one) for _, text in head])
    # Where none cuts all lines alike, one of them is wrong, and the best guess shows which.
    some = even or [one for one in DELIMITERS if widths[one][0] > 1]
    if not some:
        raise ValueError(f"{path}:1: has one column only; name the delimiter if it is none of , ; | tab blank")
    return max(some, key=lambda one: widths[one][0] if one != " " else 0)


def _refuse_preamble(path: Path, head: Sequence[tuple[int, str]], rows: Sequence[Sequence[str]]) -> None:
    """Refuse prose or comments above lines that are all cut alike, into more columns than one."""
    widths = [len(cells) for cells in rows]
    first, width, below = widths[0], widths[-1], widths.index(widths[-1])
    if width < 2 or set(widths[below:]) != {width} or not 0 < below < min(_PREAMBLE, len(head) - 1):
        return
    said = f"the lines from {head[below][0]} on have {width} columns, this one {first}"
    remedy = f"leave out what stands above: 'skip: {head[below][0] - 1}'"
    if 1 < first < width and not any(cell.strip() for cells in rows[below:] for cell in cells[first:]):
        remedy = f"take the {width - first} delimiters away with which those lines end"
    raise ValueError(f"{path}:{head[0][0]}: {said}; {remedy}")


def _are_even(widths: Sequence[int]) -> bool:
    below = set(widths[1:]) or {widths[0]}
    # R writes no name for the column of row names.
    return len(below) == 1 and widths[0] in (max(below), max(below) - 1)


def _cut(text: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return text.split()
    try:
        return next(csv.reader([text], delimiter=delimiter))
    except csv.Error:
        return []


def _rows(path: Path, lines: Iterable[tuple[int, str]], delimiter: str, strict: bool = True) -> Iterator[Row]:
    if delimiter == " ":
        yield from (Row(number, text.split()) for number, text in lines)
        return
    fed = _Fed(lines)
    try:
        for cells in csv.reader(fed, delimiter=delimiter, strict=strict, skipinitialspace=True):
            # Spreadsheets write a line of nothing but delimiters for a row that was emptied.
            if any(map(str.strip, cells)):
                yield Row(fed.line, cells)
    except csv.Error as error:
        raise ValueError(f"{path}:{fed.line}: cannot be cut into columns ({error})") from None


class _Fed:
    """Hands out the texts of lines, and knows which line it has come to: a quoted cell may go over several."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines, self.line = iter(lines), 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.line, text = next(self._lines)
        return text


def _even(path: Path, rows: Iterable[Row], width: int) -> Iterator[Row]:
    for row in rows:
        if len(row.cells) != width:
            said = f"has {len(row.cells)} columns where the first line has {width}"
            above = f"; if the table begins here, leave out what stands above: 'skip: {row.line - 1}'"
            raise ValueError(f"{path}:{row.line}: {said}{above if row.line <= _PREAMBLE else ''}")
        yield row
