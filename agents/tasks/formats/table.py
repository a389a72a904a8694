"""A table to learn from: features, classes, and where columns for them are named, times and owners of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from agents.tabular.columns import CellError, Column, Names, Numbers, Times
from agents.tabular.guessing import Guessed, Labels
from agents.tabular.quick import quick_blocks
from agents.tabular.sheet import Row, Sheet
from agents.tabular.spelling import PLAIN, Spelling
from agents.tasks.formats import refusals
from agents.tasks.formats.data_folders import openml_target
from agents.tasks.formats.image_set import MOST_CLASSES
from agents.tasks.formats.sheets import TextForm, opened_sheet

#: Lines turned into numbers at once.
_ROWS = 4096
#: What a table may take once each category has a column.
_MOST_BYTES = 1 << 32

ColumnName = str | int


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; columns are named, or numbered from 0.

    Attributes:
        target: the class; None for the last column.
        time: when rows were recorded.
        owner: whose rows they are.
        ignore: columns that are left out.
        nominal: columns whose numbers are names of categories.
        delimiter: between columns of a CSV file; None to find out.
        header: whether a CSV file has one; None to find out.
        gaps: whether features may be missing.
        spelling: of numbers, and what stands for a missing value.
        skip: lines before the table.
        time_format: how times are laid out, for strptime.
        format: of the file, a key of :data:`agents.tasks.formats.sheets.FORMATS`; None to find out.
        split: of a folder of several, which one.
    """

    target: ColumnName | None = None
    time: ColumnName | None = None
    owner: ColumnName | None = None
    ignore: tuple[ColumnName, ...] = ()
    nominal: tuple[ColumnName, ...] = ()
    delimiter: str | None = None
    header: bool | None = None
    gaps: bool = False
    spelling: Spelling = PLAIN
    skip: int = 0
    time_format: str | None = None
    format: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class Table:
    """Rows in the order of the file.

    Attributes:
        features: float64 [rows, features], NaN where a value is missing; a category is one column for each name.
        names: of the features; ``wind=north`` for categories.
        numeric: bool [features], False for categories.
        labels: int16 [rows].
        classes: names, in declared order, or sorted, as numbers if they all are.
        times: float64 [rows], or None: as they stand in the file (seconds of a date), never falling.
        owners: int64 [rows], or None: numbers in order of appearance.
        columns: ``target``, ``time``, ``owner`` -> the name of the column that is.
        layout: how the file was found to be laid out, in words.
    """

    features: np.ndarray
    names: tuple[str, ...]
    numeric: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    times: np.ndarray | None
    owners: np.ndarray | None
    columns: Mapping[str, str] = field(default_factory=dict)
    layout: str = ""


def read_table(path: str | Path, how: Reading | None = None) -> Table:
    """Read a table in any format that is known; all of it is checked.

    Raises:
        ValueError: what cannot be used, one line that names the file and, where there is one, its line.
    """
    how = _described(Path(path), how or Reading())
    reader = _Reader(_open(Path(path), how), how)
    blocks = quick_blocks(reader.sheet, reader.columns, reader.gaps)
    if blocks is None:
        # Something is unusual, or wrong: read it again line by line, which finds out where.
        reader = _Reader(_open(Path(path), how), how)
        blocks = list(reader.blocks())
    if not blocks:
        raise ValueError(f"{path}: holds no row of data")
    return reader.table(np.concatenate(blocks))


def _described(path: Path, how: Reading) -> Reading:
    """Return the same with the target and the columns to leave out that the data set itself names."""
    if how.format not in (None, "openml") or not path.is_dir():
        return how
    said = openml_target(path)
    apart = tuple(name for name in said.ignore if name not in (how.target, how.time, how.owner))
    return replace(how, target=said.target if how.target is None else how.target, ignore=(*how.ignore, *apart))


def _open(path: Path, how: Reading) -> Sheet:
    return opened_sheet(path, how.format, TextForm(how.delimiter, how.header, how.spelling, how.skip), how.split)


class _Reader:
    """Reads the rows of a sheet into one block of numbers after the other, a column for each that is wanted."""

    def __init__(self, sheet: Sheet, how: Reading) -> None:
        self.sheet, self.how = sheet, how
        refusals.refuse_too_wide(sheet)
        if how.target is None:
            refusals.refuse_index_as_class(sheet)
        self.target = sheet.find(len(sheet.names) - 1 if how.target is None else how.target, "target")
        self.time, self.owner = (None if one is None else sheet.find(one, "column") for one in (how.time, how.owner))
        ignored = {sheet.find(one, "ignore") for one in how.ignore}
        apart = {self.target, self.time, self.owner, *ignored}
        self.features = [number for number in range(len(sheet.names)) if number not in apart]
        self.nominal = {sheet.find(one, "nominal") for one in how.nominal}
        used = {"target": self.target, "time": self.time, "column": self.owner}
        refusals.refuse_ignored(sheet, ignored, used, self.nominal)
        self.columns: dict[int, Column] = {number: self._feature(number) for number in self.features}
        self.columns |= self._apart()
        if not self.features:
            raise ValueError(f"{sheet.path}: no column is left for features")
        refusals.refuse_nameless(sheet, self.features)

    def _apart(self) -> dict[int, Column]:
        """Return the readers of columns that are no features."""
        declared = self.sheet.declared[self.target]
        columns: dict[int, Column] = {}
        if self.owner is not None:
            columns[self.owner] = Names(most=None, spelling=self.how.spelling)
        if self.time is not None:
            columns[self.time] = Times(self.how.time_format)
        # Last, so that a target named twice is a target.
        columns[self.target] = self._labels(declared)
        return columns

    def _labels(self, declared: tuple[str, ...] | str | None) -> Names:
        if isinstance(declared, tuple):
            return Names(declared, spelling=self.how.spelling)
        if declared in ("map", "list", "struct", "binary"):
            said = f"column {self.sheet.names[self.target]!r} is a {declared} and no class"
            raise ValueError(f"{self.sheet.path}: {said}; name the class under 'target'")
        return Labels(MOST_CLASSES, self.how.spelling)

    def _feature(self, number: int) -> Column:
        declared, spelling = self.sheet.declared[number], self.how.spelling
        if isinstance(declared, tuple):
            return Names(declared, spelling=spelling)
        if isinstance(declared, str) and declared != "numeric":
            name = self.sheet.names[number]
            raise ValueError(f"{self.sheet.path}: column {name!r} is a {declared}; name it under 'ignore'")
        if number in self.nominal:
            return Names(spelling=spelling)
        return Numbers(spelling) if declared == "numeric" else Guessed(spelling)

    @property
    def gaps(self) -> frozenset[int]:
        """Columns whose values may be missing."""
        return frozenset(self.features if self.how.gaps else ())

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float64 [rows, columns wanted], in the order of ``columns``."""
        while rows := list(islice(self.sheet.rows, _ROWS)):
            yield np.stack([self._column(number, rows) for number in self.columns], 1)

    def _column(self, number: int, rows: Sequence[Row]) -> np.ndarray:
        try:
            values = self.columns[number].read([row.cells[number] for row in rows])
        except CellError as error:
            row = rows[error.row]
            again = [cell.strip() for cell in row.cells] == list(self.sheet.names)
            said = "the names of the columns stand here again; remove the line" if again else str(error)
            raise self._about(row, number, said) from None
        if np.isnan(values).any() and number not in self.gaps:
            raise self._about_missing(rows[int(np.isnan(values).argmax())], number)
        return values

    def _about_missing(self, row: Row, number: int) -> ValueError:
        cell = row.cells[number].strip()
        wanted = "; 'missing: mean' fills in the mean of the past" if number in self.features else ""
        named = f"; if {cell!r} is a name, list under 'missing' only what stands for no value" if cell else ""
        return self._about(row, number, f"a value is missing{wanted}{named}")

    def _about(self, row: Row, number: int, message: str) -> ValueError:
        return ValueError(f"{self.sheet.path}:{row.line}: column {self.sheet.names[number]!r}: {message}")

    def table(self, read: np.ndarray) -> Table:
        """Return the table of all blocks, one below the other."""
        location = {number: position for position, number in enumerate(self.columns)}
        self._check(read, location)
        parts = [self._expanded(number, read[:, location[number]]) for number in self.features]
        codes, classes = self._classes(read[:, location[self.target]].astype(np.int64))
        names = [name for part_names, _ in parts for name in part_names]
        numeric = [isinstance(_found(self.columns[n]), Numbers) for n in self.features for _ in self._names(n)]
        return Table(
            np.concatenate([values for _, values in parts], 1),
            tuple(names),
            np.array(numeric),
            codes.astype(np.int16),
            classes,
            self._times(None if self.time is None else read[:, location[self.time]]),
            None if self.owner is None else read[:, location[self.owner]].astype(np.int64),
            self._roles(),
            self._layout(),
        )

    def _check(self, read: np.ndarray, location: Mapping[int, int]) -> None:
        """Refuse columns of names that are numbers in another spelling, and tables that are too large."""
        for number in self.features:
            column = self.columns[number]
            refusals.refuse_unusable(self.sheet, number, read[:, location[number]])
            if isinstance(column, Guessed) and isinstance(column.found, Names):
                self._check_names(number, column.found, read[:, location[number]])
            elif isinstance(column, Guessed):
                refusals.refuse_numbers(self.sheet, number, read[:, location[number]])
        width = sum(len(self._names(number)) for number in self.features)
        if 8 * width * len(read) > _MOST_BYTES:
            size = f"{len(read):,} rows of {width:,} features"
            raise ValueError(f"{self.sheet.path}: {size} are more than {_MOST_BYTES >> 30} GiB; leave columns out")

    def _check_names(self, number: int, column: Names, codes: np.ndarray) -> None:
        if odd := refusals.odd_names(list(column.known), codes, self.how.spelling):
            cell, said = odd
            row = None if cell is None else self._row(int((codes == column.known[cell]).argmax()))
            place = f"{self.sheet.path}" if row is None else f"{self.sheet.path}:{row.line}"
            raise ValueError(f"{place}: column {self.sheet.names[number]!r}: {said}")

    def _row(self, number: int) -> Row:
        """Return a row of data, read again."""
        return next(islice(_open(self.sheet.path, self.how).rows, number, None))

    def _times(self, values: np.ndarray | None) -> np.ndarray | None:
        column = None if self.time is None else self.columns[self.time]
        return column.settled(values) if values is not None and isinstance(column, Times) else values

    def _layout(self) -> str:
        cut, spelling = self.sheet.cut, self.how.spelling
        if cut is None:
            return ""
        header = f"header in line {cut.data_from - 1}" if cut.header else "no header"
        decimal = "" if spelling.plain else f", decimal {spelling.decimal!r}"
        decimal += f", thousands {spelling.thousands!r}" if spelling.thousands else ""
        return f"columns between {cut.delimiter!r}, {header}{decimal}"

    def _roles(self) -> dict[str, str]:
        roles = {"target": self.target, "time": self.time, "owner": self.owner}
        return {role: self.sheet.names[number] for role, number in roles.items() if number is not None}

    def _names(self, number: int) -> list[str]:
        column, name = _found(self.columns[number]), self.sheet.names[number]
        return [f"{name}={one}" for one in column.known] if isinstance(column, Names) else [name]

    def _expanded(self, number: int, values: np.ndarray) -> tuple[list[str], np.ndarray]:
        names = self._names(number)
        if not isinstance(_found(self.columns[number]), Names):
            return names, values[:, None]
        known = np.where(np.isnan(values), np.nan, 0.0)[:, None]
        return names, known + (values[:, None] == np.arange(len(names)))

    def _classes(self, codes: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        column = self.columns[self.target]
        assert isinstance(column, Names)
        names, order = list(column.known), np.arange(len(column.known))
        if isinstance(column, Labels):
            if self.target not in self.nominal:
                refusals.refuse_labels(self.sheet, self.target, names, len(codes), self.how.target is not None)
            order = column.order
            names = [names[number] for number in order.argsort()]
        if len(names) < 2:
            only = f" ({names[0]!r})" if names else ""
            raise ValueError(f"{self.sheet.path}: column {self.sheet.names[self.target]!r} has one class only{only}")
        return order[codes], tuple(names)


def _found(column: Column) -> Column | None:
    return column.found if isinstance(column, Guessed) else column
