"""CSV: columns between delimiters, with a header or without; both are detected unless they are given."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from agents.tabular.columns import MISSING, is_number
from agents.tabular.sheet import Cut, Opened, Row, Sheet

#: Tried in this order; the one that cuts the first lines into most columns, all alike, wins.
DELIMITERS = (",", ";", "\t", "|", " ")


def delimited_sheet(path: Path, opened: Opened, delimiter: str | None = None, header: bool | None = None) -> Sheet:
    """Return the sheet of a CSV file; a space as ``delimiter`` stands for any blanks.

    There is a header if some cell of the first line is no number where all below are; and in a table without a
    column of numbers, if no cell of the first line comes again below.

    Raises:
        ValueError: a line that is cut into other columns than the first; it names file and line.
    """
    head = [text for _, text in opened.head]
    delimiter = delimiter or _sniffed(path, head)
    first, *below = [row.cells for row in _rows(path, opened.head, delimiter, strict=False)]
    named = _looks_like_header(first, below) if header is None else header
    rows = _even(path, _rows(path, opened.lines, delimiter), len(first))
    if named:
        next(rows)
    names = tuple(cell.strip() for cell in first) if named else tuple(f"column {n}" for n in range(len(first)))
    return Sheet(path, names, (None,) * len(names), rows, Cut(delimiter, named))


def _sniffed(path: Path, head: Sequence[str]) -> str:
    widths = {one: [len(_cut(text, one)) for text in head] for one in DELIMITERS}
    even = [one for one in DELIMITERS if len(set(widths[one])) == 1 and widths[one][0] > 1]
    # Where none cuts all lines alike, one of them is wrong, and the best guess shows which.
    some = even or [one for one in DELIMITERS if widths[one][0] > 1]
    if not some:
        raise ValueError(f"{path}:1: has one column only; name the delimiter if it is none of , ; | tab blank")
    return max(some, key=lambda one: widths[one][0] if one != " " else 0)


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
            raise ValueError(f"{path}:{row.line}: has {len(row.cells)} columns where the first line has {width}")
        yield row


def _looks_like_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    if not below:
        return not any(map(is_number, first))
    columns = [[row[n].strip() for row in below if n < len(row)] for n in range(len(first))]
    numeric = [n for n, cells in enumerate(columns) if (known := _known(cells)) and all(map(is_number, known))]
    if numeric:
        return any(first[n].strip() not in MISSING and not is_number(first[n]) for n in numeric)
    return not any(cell.strip() in columns[n] for n, cell in enumerate(first))


def _known(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell not in MISSING]
