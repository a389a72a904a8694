"""A table to learn from: features, classes, and where columns for them are named, times and owners of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from agents.tabular.columns import CellError, Column, Names, Numbers, Times
from agents.tabular.delimited import delimited_sheet
from agents.tabular.guessing import Guessed, Labels
from agents.tabular.quick import quick_blocks
from agents.tabular.sheet import Row, Sheet, open_lines
from agents.tasks.formats.arff import arff_sheet, is_arff
from agents.tasks.formats.image_set import MOST_CLASSES

#: Lines turned into numbers at once.
_ROWS = 4096

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
    """

    target: ColumnName | None = None
    time: ColumnName | None = None
    owner: ColumnName | None = None
    ignore: tuple[ColumnName, ...] = ()
    nominal: tuple[ColumnName, ...] = ()
    delimiter: str | None = None
    header: bool | None = None
    gaps: bool = False


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
    """

    features: np.ndarray
    names: tuple[str, ...]
    numeric: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    times: np.ndarray | None
    owners: np.ndarray | None
    columns: Mapping[str, str] = field(default_factory=dict)


def read_table(path: str | Path, how: Reading | None = None) -> Table:
    """Read a CSV or ARFF file, gzipped or not; all of it is checked.

    Raises:
        ValueError: what cannot be used, one line that names the file and, where there is one, its line.
    """
    reader = _Reader(_open(Path(path), how or Reading()), how or Reading())
    blocks = quick_blocks(reader.sheet, reader.columns, reader.gaps)
    if blocks is None:
        # Something is unusual, or wrong: read it again line by line, which finds out where.
        reader = _Reader(_open(Path(path), how or Reading()), how or Reading())
        blocks = list(reader.blocks())
    if not blocks:
        raise ValueError(f"{path}: holds no row of data")
    return reader.table(np.concatenate(blocks))


def _open(path: Path, how: Reading) -> Sheet:
    opened = open_lines(path)
    return arff_sheet(path, opened) if is_arff(opened) else delimited_sheet(path, opened, how.delimiter, how.header)


class _Reader:
    """Reads the rows of a sheet into one block of numbers after the other, a column for each that is wanted."""

    def __init__(self, sheet: Sheet, how: Reading) -> None:
        self.sheet, self.how = sheet, how
        self.target = sheet.find(len(sheet.names) - 1 if how.target is None else how.target, "target")
        self.time, self.owner = (None if one is None else sheet.find(one, "column") for one in (how.time, how.owner))
        apart = {self.target, self.time, self.owner, *(sheet.find(one, "ignore") for one in how.ignore)}
        self.features = [number for number in range(len(sheet.names)) if number not in apart]
        self.nominal = {sheet.find(one, "nominal") for one in how.nominal}
        self.columns: dict[int, Column] = {number: self._feature(number) for number in self.features}
        self.columns |= self._apart()
        if not self.features:
            raise ValueError(f"{sheet.path}: no column is left for features")

    def _apart(self) -> dict[int, Column]:
        """Return the readers of columns that are no features."""
        declared = self.sheet.declared[self.target]
        columns: dict[int, Column] = {}
        if self.owner is not None:
            columns[self.owner] = Names(most=None)
        if self.time is not None:
            columns[self.time] = Times()
        # Last, so that a target named twice is a target.
        columns[self.target] = Names(declared) if isinstance(declared, tuple) else Labels(MOST_CLASSES)
        return columns

    def _feature(self, number: int) -> Column:
        declared = self.sheet.declared[number]
        if isinstance(declared, tuple):
            return Names(declared)
        if declared in ("date", "string"):
            name = self.sheet.names[number]
            raise ValueError(f"{self.sheet.path}: attribute {name!r} is a {declared}; name it under 'ignore'")
        if number in self.nominal:
            return Names()
        return Numbers() if declared == "numeric" else Guessed()

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
            raise self._about(rows[error.row], number, str(error)) from None
        if np.isnan(values).any() and number not in self.gaps:
            wanted = "; 'missing: mean' fills in the mean of the past" if number in self.features else ""
            raise self._about(rows[int(np.isnan(values).argmax())], number, f"a value is missing{wanted}")
        return values

    def _about(self, row: Row, number: int, message: str) -> ValueError:
        return ValueError(f"{self.sheet.path}:{row.line}: column {self.sheet.names[number]!r}: {message}")

    def table(self, read: np.ndarray) -> Table:
        """Return the table of all blocks, one below the other."""
        location = {number: position for position, number in enumerate(self.columns)}
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
            None if self.time is None else read[:, location[self.time]],
            None if self.owner is None else read[:, location[self.owner]].astype(np.int64),
            self._roles(),
        )

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
            order = column.order
            names = [names[number] for number in order.argsort()]
        if len(names) < 2:
            only = f" ({names[0]!r})" if names else ""
            raise ValueError(f"{self.sheet.path}: column {self.sheet.names[self.target]!r} has one class only{only}")
        return order[codes], tuple(names)


def _found(column: Column) -> Column | None:
    return column.found if isinstance(column, Guessed) else column
