"""Columns that are not what a table would take them for: counts of rows, amounts, names that never come twice."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from agents.tabular.doubts import amount_among, mostly_numbers, no_category
from agents.tabular.moments import compact_dates
from agents.tabular.sheet import Sheet
from agents.tabular.spelling import Spelling

#: What writers call a column of row numbers that has no name.
_NAMELESS = re.compile(r"(?:Unnamed: \d+(?:\.\d+|_level_\d+)*|__index_level_\d+__|level_\d+)?")
#: What people call a column that counts the rows.
_COUNTING = re.compile(
    r"idx|obs|row|rownames|s\.? ?no\.?|#|(?:row|record|sample|instance)?[ _.-]?(?:id|no|nr|num|number|index)\.?",
    re.IGNORECASE,
)
#: Columns that are read at all, and labels of which none comes twice that are no classes.
_MOST_COLUMNS, _ALL_DIFFERENT = 1 << 14, 20
#: Amounts beyond this cannot be squared and summed, so that nothing can be scaled by their spread.
_LARGEST = 1e100
#: Numbers among which dates such as 20200731 lie, and how many different ones no count is likely to have.
_FIRST_DATE, _LAST_DATE, _DATES = 19_000_101, 210_012_312_359_59, 5


def refuse_too_wide(sheet: Sheet) -> None:
    """Refuse a sheet of more columns than are read."""
    if len(sheet.names) > _MOST_COLUMNS:
        raise ValueError(f"{sheet.path}: has {len(sheet.names):,} columns; {_MOST_COLUMNS:,} at most are read")


def refuse_index_as_class(sheet: Sheet) -> None:
    """Refuse an index behind all columns where the last one would be the class."""
    last = len(sheet.names) - 1
    if sheet.cut is not None and sheet.cut.header and sum(map(bool, sheet.names)) == 1 < last:
        line = sheet.cut.data_from - 1
        said = f"names one column of {last + 1}; if the table begins below it, leave it out: 'skip: {line}'"
        raise ValueError(f"{sheet.path}:{line}: {said}")
    if last and _NAMELESS.fullmatch(sheet.names[last]):
        remedy = f"leave it out by 'ignore: [{last}]', and name the class under 'target'"
        raise ValueError(
            f"{sheet.path}: the last column, {sheet.names[last]!r}, is a frame's own count of rows; {remedy}"
        )


def refuse_ignored(
    sheet: Sheet, ignored: Collection[int], used: Mapping[str, int | None], nominal: Collection[int]
) -> None:
    """Refuse a column that is to be left out and to be used: one of the two would be done without a word.

    Args:
        sheet: of the columns.
        ignored: that are left out.
        used: option -> the column that it names.
        nominal: whose numbers are categories.
    """
    roles = {number: option for option, number in used.items() if number is not None}
    roles = dict.fromkeys(nominal, "nominal") | roles
    number = next((number for number in sorted(ignored) if number in roles), None)
    if number is not None:
        said = f"column {sheet.names[number]!r} stands under 'ignore' and under '{roles[number]}'"
        raise ValueError(f"{sheet.path}: {said}; remove it from one of them")


def refuse_unusable(sheet: Sheet, number: int, values: np.ndarray) -> None:
    """Refuse a feature without any value, and one of amounts that cannot be computed with.

    Args:
        sheet: that it is a column of.
        number: of the column.
        values: float64 [rows]; NaN where a value is missing.
    """
    known = values[~np.isnan(values)]
    place = f"{sheet.path}: column {sheet.names[number]!r}"
    if not len(known):
        raise ValueError(f"{place}: holds no value in any row; leave it out by 'ignore: [{number}]'")
    if (largest := float(np.abs(known).max())) > _LARGEST:
        raise ValueError(
            f"{place}: holds {largest:g}; write it in a larger unit, or leave it out by 'ignore: [{number}]'"
        )


def refuse_nameless(sheet: Sheet, features: Collection[int]) -> None:
    """Refuse the column of row numbers that data frames write: as a feature it would give the order away."""
    number = next((n for n in features if _NAMELESS.fullmatch(sheet.names[n])), None)
    if number is not None:
        remedy = f"leave it out by 'ignore: [{number}]', or name it in the file"
        if number == 0 and sheet.cut is not None and sheet.cut.header:
            line = sheet.cut.data_from - 1
            remedy += f"; if line {line} names no columns, leave it out by 'skip: {line}'"
        raise ValueError(f"{sheet.path}: column {number} has no name, as if it counted the rows; {remedy}")


def refuse_numbers(sheet: Sheet, number: int, values: np.ndarray) -> None:
    """Refuse a feature of numbers that measure nothing: counts of rows, dates.

    Args:
        values: float64 [rows]; NaN where a value is missing.
    """
    _refuse_row_numbers(sheet, number, values)
    _refuse_dates(sheet, number, values)


def _refuse_row_numbers(sheet: Sheet, number: int, values: np.ndarray) -> None:
    """Refuse a feature that is called a number of rows and counts them, from 0 or 1 on."""
    name = sheet.names[number]
    called = _COUNTING.fullmatch(name.strip())
    if called and len(values) >= _ALL_DIFFERENT and values[0] in (0.0, 1.0) and np.all(np.diff(values) == 1.0):
        remedy = f"leave it out by 'ignore: [{number}]', or, if it is a measurement, name it otherwise in the file"
        raise ValueError(f"{sheet.path}: column {name!r} counts the rows, and would give their order away; {remedy}")


def _refuse_dates(sheet: Sheet, number: int, values: np.ndarray) -> None:
    """Refuse a feature of dates that are written as numbers: from 20200731 to 20200801 is a day, and not 70."""
    known = values[~np.isnan(values)]
    if not len(known) or known.min() < _FIRST_DATE or known.max() > _LAST_DATE or compact_dates(known) is None:
        return
    if len(np.unique(known)) >= _DATES:
        remedy = "name the column under 'time' or 'ignore'; or, if these are categories, under 'nominal'"
        said = f"holds dates such as {known[0]:.0f}, and no amounts; {remedy}"
        raise ValueError(f"{sheet.path}: column {sheet.names[number]!r}: {said}")


def odd_names(names: Sequence[str], codes: np.ndarray, spelling: Spelling) -> tuple[str | None, str] | None:
    """Return what is wrong with a column of names, and the cell that shows it, if one does; None if it is one.

    Args:
        names: that were met.
        codes: float64 [rows], which name each row holds; NaN where none.
        spelling: in which numbers were looked for.
    """
    counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64), minlength=len(names))
    if odd := mostly_numbers(names, counts, spelling):
        return odd[0], f"{odd[0]!r} is no number: {odd[1]}"
    said = no_category(names, counts)
    return (None, f"{said}; or, if these are categories after all, under 'nominal'") if said else None


def refuse_labels(sheet: Sheet, target: int, names: Sequence[str], rows: int, named: bool) -> None:
    """Refuse a target that holds amounts, or another name in every row: each of them would be a class."""
    column = repr(sheet.names[target])
    which = f"column {column}" if named else f"the last column, {column},"
    if label := amount_among(names, rows, named):
        remedy = f"name the class under 'target'; if each number is a class, write nominal: [{column}], too"
        raise ValueError(f"{sheet.path}: {which} holds amounts such as {label} and no classes; {remedy}")
    if len(names) == rows >= _ALL_DIFFERENT:
        raise ValueError(f"{sheet.path}: {which} holds another class in every row; name the class under 'target'")
