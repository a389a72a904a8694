"""Tables as LIBSVM and SVMlight write them: ``label index:value index:value``, what is not written being 0.

Format: Chang and Lin, "LIBSVM: a library for support vector machines", ACM TIST 2(3), 2011.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from agents.tabular.sheet import Opened, Row, Sheet, open_lines

#: More columns than this are no table that rows are kept of in full.
MOST_FEATURES = 4096
_ROW = re.compile(r"\s*[^\s:,;]+(?:\s+qid:\d+)?(?:\s+\d+:[^\s:]+)*\s*(?:#.*)?$")
_PAIR = re.compile(r"(\d+):(\S+)")
#: Rows that are meant to be of this format, with names or other numbers for indices, or blanks within pairs.
_ALIKE = re.compile(r"\s*[+-]?[\d.]+(?:,[\d.]+)*(?:\s+[-+.\w]+:\s?[-+.\deE]+)+\s*(?:#.*)?$")


def is_libsvm(opened: Opened) -> bool:
    """Return whether all first lines are rows of this format, and at least one holds a value."""
    lines = [text for _, text in opened.head if not text.lstrip().startswith("#")]
    if not lines or not any(_PAIR.search(text) or _ALIKE.match(text) for text in lines):
        return False
    return all(map(_ROW.match, lines)) or all(map(_ALIKE.match, lines))


def libsvm_sheet(path: Path, skip: int = 0) -> Sheet:
    """Return the sheet of such a file: a column for each index from the first to the last one, then ``class``.

    Raises:
        ValueError: a row of another shape, indices out of order, or too many of them; it names file and line.
    """
    first, last = _span(path, _lines(path, skip))
    names = (*(str(index) for index in range(first, last + 1)), "class")
    declared = ("numeric",) * (len(names) - 1)
    return Sheet(path, names, (*declared, None), _rows(_lines(path, skip), first, len(names) - 1))


def _lines(path: Path, skip: int) -> Iterator[tuple[int, str]]:
    for number, text in open_lines(path, skip).lines:
        row = text.partition("#")[0].strip()
        if row:
            yield number, row


def _span(path: Path, lines: Iterable[tuple[int, str]]) -> tuple[int, int]:
    """Return the first and the last index of a file: indices begin at 0 or at 1."""
    zero, last = False, 0
    for number, text in lines:
        indices = _indices(path, number, text)
        if indices and indices[-1] >= MOST_FEATURES:
            raise ValueError(f"{path}:{number}: index {indices[-1]} is above {MOST_FEATURES - 1}; take fewer features")
        zero, last = zero or 0 in indices[:1], max([last, *indices[-1:]])
    if not last and not zero:
        raise ValueError(f"{path}: holds no value")
    return (0 if zero else 1), last


def _indices(path: Path, number: int, text: str) -> list[int]:
    if not _ROW.match(text):
        said = "is no row 'label index:value ...' with one label and indices that are whole numbers"
        raise ValueError(f"{path}:{number}: {said}")
    # An index of many digits is too large in any case.
    indices = [int(word.partition(":")[0][:9]) for word in text.split()[1:] if not word.startswith("qid:")]
    if any(after <= before for before, after in pairwise(indices)):
        raise ValueError(f"{path}:{number}: indices have to grow from one to the next")
    return indices


def _rows(lines: Iterable[tuple[int, str]], first: int, features: int) -> Iterator[Row]:
    for number, text in lines:
        label, *pairs = text.split()
        cells = ["0"] * features + [label]
        for pair in pairs:
            index, _, value = pair.partition(":")
            if index != "qid":
                cells[int(index) - first] = value
        yield Row(number, cells)
