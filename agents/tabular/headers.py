"""Whether the first line of a table names its columns, or is data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agents.tabular.spelling import Spelling

#: Cells below that each different one stands for before a first one of its own is strange.
_REPEATED = 4


def header_stands(location: str, first: Sequence[str], below: Sequence[Sequence[str]], spelling: Spelling) -> bool:
    """Return whether the cells ``first`` name the columns of the lines ``below``.

    They do if one of them is no number where all below are; in a table without a column of numbers, if none of them
    comes again below; and if they are the numbers of their own columns beside text that never comes again.

    Raises:
        ValueError: either could be; ``location`` says where.
    """
    if not below:
        return not any(map(spelling.is_number, first))
    # Where files were joined, the names of the columns may stand again in their midst.
    if not any(map(spelling.is_number, first)):
        names = [cell.strip() for cell in first]
        below = [row for row in below if [cell.strip() for cell in row] != names] or below
    columns = [[row[n].strip() for row in below if n < len(row)] for n in range(len(first))]
    known = [spelling.known(cells) for cells in columns]
    numeric = [n for n, cells in enumerate(known) if cells and all(map(spelling.is_number, cells))]
    if not numeric:
        return not any(cell.strip() in columns[n] for n, cell in enumerate(first))
    if any(not spelling.is_missing(first[n]) and not spelling.is_number(first[n]) for n in numeric):
        return True
    cells = [cell.strip() for cell in first]
    if len(numeric) == len(first) > 2 and _evenly_spaced(cells) and _never_again(cells, known):
        raise ValueError(_unclear(location))
    counted = [first[n].strip() for n in numeric] == [str(n) for n in numeric]
    texts = [n for n, cells in enumerate(known) if cells and n not in numeric]
    if _never_again([first[n].strip() for n in texts], [known[n] for n in texts]):
        if counted:
            return True
        raise ValueError(_unclear(location))
    if not texts and counted and len(first) > 2:
        raise ValueError(_unclear(location))
    return False


def _evenly_spaced(first: Sequence[str]) -> bool:
    """Return whether cells are whole numbers that grow by the same step, as years do that name columns."""
    if not all(cell.isascii() and cell.isdigit() and len(cell) < 10 for cell in first):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(first)}
    return len(steps) == 1 and min(steps) > 0


def _never_again(first: Sequence[str], texts: Sequence[Sequence[str]]) -> bool:
    """Return whether cells of text are new where those below say the same again and again."""
    if any(cell in cells for cell, cells in zip(first, texts, strict=True)):
        return False
    return any(len(cells) >= _REPEATED * len(set(cells)) for cells in texts)


def _unclear(location: str) -> str:
    return f"{location}: may name the columns, or be data; write 'header: true' or 'header: false'"
