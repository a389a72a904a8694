"""What was read as names though most of it are numbers, and what was taken for classes though it holds amounts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.tabular.moments import is_moment
from agents.tabular.spelling import Spelling, doubtful_spelling, number_and_words, other_spelling

#: A column of names of which more than this share are numbers was not meant to be one.
_MOSTLY = 0.5
#: Labels that are numbers are no classes if there are more than so many, and so many in each row.
_MANY, _MANY_A_ROW = 30, 0.1
#: So many names of which none comes twice are no category.
_ALL_DIFFERENT = 20


def mostly_numbers(names: Sequence[str], counts: np.ndarray, spelling: Spelling) -> tuple[str, str] | None:
    """Return (a cell, what to do) where most cells of a column of names are numbers; None where they are not.

    Args:
        names: that were met.
        counts: cells that hold each, int64 [names].
        spelling: in which numbers were looked for.
    """
    units = _in_one_unit(names, counts)
    odd = {name: doubtful_spelling(name) or units.get(name) for name in names}
    numeric = np.array([said is not None for said in odd.values()], bool)
    if not len(names) or counts[numeric].sum() <= _MOSTLY * counts.sum():
        return None
    plain = np.array([spelling.is_number(name) for name in names], bool)
    spelled = numeric & ~plain
    if counts[plain].sum() >= counts[spelled].sum():
        # The first name of a column of names is no plain number, or it would be a column of numbers.
        name = names[int(plain.argmin())]
        said = odd[name] or f"if it stands for no value, write missing: [{name!r}]"
        return name, f"most of the column are numbers; {said}; or name the column under 'nominal'"
    name = names[int(spelled.argmax())]
    return name, f"{odd[name]}; if these are categories, name the column under 'nominal'"


def _in_one_unit(names: Sequence[str], counts: np.ndarray) -> dict[str, str]:
    """Return what to do about cells that are a number and the same words, if most cells are: 5 rpm, 7 rpm."""
    found = {name: parts for name in names if (parts := number_and_words(name))}
    cells: dict[str, int] = {}
    for name, count in zip(names, counts.tolist(), strict=True):
        if name in found:
            cells[found[name][1]] = cells.get(found[name][1], 0) + count
    words = max(cells, key=lambda one: cells[one], default="")
    if cells.get(words, 0) <= _MOSTLY * counts.sum():
        return {}
    return {name: f"a number and {words!r}: remove that" for name, parts in found.items() if parts[1] == words}


def no_category(names: Sequence[str], counts: np.ndarray) -> str | None:
    """Return why a column of names is no category: it holds dates, or another name in every row; else None.

    Args:
        names: that were met.
        counts: cells that hold each, int64 [names].
    """
    dates = np.array([is_moment(name) for name in names], bool)
    if len(names) and counts[dates].sum() > _MOSTLY * counts.sum():
        return f"{names[int(dates.argmax())]!r} is a date, and no category; name the column under 'time' or 'ignore'"
    if len(names) >= _ALL_DIFFERENT and counts.max() == 1:
        return "holds another name in every row, and no category; name it under 'ignore'"
    return None


def amount_among(labels: Sequence[str], rows: int, named: bool) -> str | None:
    """Return a label that shows that labels are amounts and no classes; None where they may be classes.

    ``named`` says whether the scenario names the column; else a single fraction is enough.
    """
    if not labels or not all(map(other_spelling, labels)):
        return None
    fraction = next((label for label in labels if not label.lstrip("+-").isdigit()), None)
    if fraction is not None and not named:
        return fraction
    many = len(labels) > _MANY and len(labels) > _MANY_A_ROW * rows
    return labels[0] if many else None
