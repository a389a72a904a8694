"""Pictures and when they were taken: class folders of dated files, a folder with a table, or a NumPy archive.

======================================  ==========================================================================
``F/1905_Ohio_1.png``                   Yearbook: folders are classes, a file's name begins with its year or date
``metadata.csv`` beside the pictures    WILDS: a table with a row for each picture: file, class, time, whose it is
``images``, ``labels``, ``years``       arrays of a NumPy archive, as Wild-Time's pickled sets can be saved
======================================  ==========================================================================

Sources: Ginosar et al., "A Century of Portraits", ICCV workshops 2015; Koh et al., "WILDS", ICML 2021; Yao et al.,
"Wild-Time", NeurIPS 2022. A pickle is not read: it could run any program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from agents.tabular.columns import CellError, Column, Names, Times
from agents.tabular.guessing import Labels
from agents.tabular.sheet import Row, Sheet
from agents.tasks.formats.image_folder import class_folders, pictures_by_class, read_pictures
from agents.tasks.formats.image_set import MOST_CLASSES, Labelled, as_images, as_labels, image_set
from agents.tasks.formats.npz import array_names, named_array, opened_archive
from agents.tasks.formats.sheets import opened_sheet

#: A year, or a date, and no other digit behind it.
_DATE = re.compile(r"(\d{4})(?:-?(\d{2})-?(\d{2}))?(?!\d)")
#: Rows of a table that are read.
_MOST_ROWS = 1 << 22
_ROLES = ("image", "target", "time")

ColumnName = str | int


@dataclass(frozen=True)
class DatedReading:
    """How pictures are to be read.

    Attributes:
        image, target, time, owner: columns of the table, or arrays of the archive.
        table: the table's file within the folder; None: folders are classes.
        pictures: the folder within it in which the table's names begin.
        size: what pictures are scaled to, in pixels a side; None: they have one size.
        grey: one channel instead of three.
        time_format: how times are laid out, for strptime.
    """

    image: ColumnName | None = None
    target: ColumnName | None = None
    time: ColumnName | None = None
    owner: ColumnName | None = None
    table: str | None = None
    pictures: str | None = None
    size: int | None = None
    grey: bool = False
    time_format: str | None = None


@dataclass(frozen=True)
class DatedImages:
    """Pictures in the order in which they were taken; those of one moment stay in the order of the files.

    Attributes:
        images: [n, channels, height, width], uint8 (0 to 255) or float32 (0 to 1).
        labels: int16 [n].
        classes: names.
        times: float64 [n], rising: as they stand in the file, years of file names, or seconds of dates.
        owners: int64 [n], or None.
        columns: role -> the column or array that is.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    times: np.ndarray
    owners: np.ndarray | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def read_dated_images(path: Path, how: DatedReading) -> DatedImages:
    """Read an archive, a folder with a table, or a folder of classes.

    Raises:
        ValueError: what cannot be used; one line that names the file.
    """
    if path.is_dir():
        return _sorted(_of_table(path, how) if how.table is not None else _of_names(path, how))
    if path.suffix.lower() in (".pkl", ".pickle"):
        said = "numpy.savez('FILE.npz', images=..., labels=..., years=...)"
        raise ValueError(f"{path}: a pickle is not read, as it could run any program; save its arrays with {said}")
    if how.table is not None:
        raise ValueError(f"{path}: is no folder; 'metadata' names a file in the folder of the pictures")
    return _sorted(_of_archive(path, how))


def _sorted(found: DatedImages) -> DatedImages:
    order = np.argsort(found.times, kind="stable")
    owners = None if found.owners is None else found.owners[order]
    return DatedImages(
        found.images[order], found.labels[order], found.classes, found.times[order], owners, found.columns
    )


def _of_names(path: Path, how: DatedReading) -> DatedImages:
    """Read class folders of files whose names begin with a date."""
    if given := [role for role in (*_ROLES, "owner") if getattr(how, role) is not None]:
        key = "column" if given[0] == "owner" else given[0]
        raise ValueError(f"{path}: '{key}' names a column of a table; write 'metadata: FILE' with it")
    classes = class_folders(path)
    files, labels = pictures_by_class(path, classes)
    times = _dates_of(files)
    return DatedImages(
        read_pictures(files, path, how.size, how.grey), labels.astype(np.int16), tuple(classes), times, None
    )


def _dates_of(files: Sequence[Path]) -> np.ndarray:
    """Return years, or seconds since 1970 where all names have a month and a day: float64 [files]."""
    found = [(file, _DATE.match(file.name)) for file in files]
    without = next((file for file, date in found if date is None), None)
    if without is not None:
        said = "its name begins with no year (1905_...) or date (2013-05-31...)"
        raise ValueError(f"{without}: {said}; or name pictures and times in a table, with 'metadata: FILE'")
    dates = [(file, date) for file, date in found if date is not None]
    days = {date[2] is not None for _, date in dates}
    if len(days) > 1:
        odd = next(file for file, date in dates if (date[2] is None) == (dates[0][1][2] is not None))
        raise ValueError(
            f"{odd}: its name has a year or a date where {dates[0][0].name} has the other; write them alike"
        )
    return np.array([_date(file, date) if days == {True} else float(date[1]) for file, date in dates])


def _date(file: Path, date: re.Match[str]) -> float:
    try:
        return datetime(int(date[1]), int(date[2]), int(date[3]), tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"{file}: {date[0]!r} is no date; wanted: a year, or year, month and day") from None


def _of_table(path: Path, how: DatedReading) -> DatedImages:
    """Read the pictures that a table names."""
    sheet = opened_sheet(path / str(how.table))
    at = {role: _place(sheet, role, getattr(how, role)) for role in _ROLES}
    if how.owner is not None:
        at["owner"] = sheet.find(how.owner, "column")
    rows = _rows(sheet)
    labels, times = Labels(MOST_CLASSES), Times(how.time_format, any_order=True)
    codes = _cells(sheet, rows, at["target"], labels).astype(np.int64)
    moments = times.settled(_cells(sheet, rows, at["time"], times))
    owners = _cells(sheet, rows, at["owner"], Names(most=None)).astype(np.int64) if "owner" in at else None
    names = np.array(list(labels.known))[np.argsort(labels.order)].tolist()
    if len(names) < 2:
        raise ValueError(f"{sheet.path}: column {sheet.names[at['target']]!r} has one class only ({names[0]!r})")
    root = path / (how.pictures or ".")
    files = [_file(sheet, row, at["image"], root) for row in rows]
    return DatedImages(
        read_pictures(files, path, how.size, how.grey),
        labels.order[codes].astype(np.int16),
        tuple(names),
        moments,
        owners,
        {role: sheet.names[number] for role, number in at.items()},
    )


def _place(sheet: Sheet, role: str, wanted: ColumnName | None) -> int:
    if wanted is None:
        known = ", ".join(sheet.names[:20])
        raise ValueError(f"{sheet.path}: which column is the {role}? write '{role}: NAME'; columns are {known}")
    return sheet.find(wanted, role)


def _rows(sheet: Sheet) -> list[Row]:
    rows: list[Row] = []
    for row in sheet.rows:
        if len(rows) == _MOST_ROWS:
            raise ValueError(f"{sheet.path}:{row.line}: is row {_MOST_ROWS + 1:,}; take a part of the table")
        rows.append(row)
    if not rows:
        raise ValueError(f"{sheet.path}: names no picture")
    return rows


def _cells(sheet: Sheet, rows: Sequence[Row], at: int, column: Column) -> np.ndarray:
    try:
        values = column.read([row.cells[at] for row in rows])
    except CellError as error:
        raise ValueError(f"{sheet.path}:{rows[error.row].line}: column {sheet.names[at]!r}: {error}") from None
    if np.isnan(values).any():
        line = rows[int(np.isnan(values).argmax())].line
        raise ValueError(f"{sheet.path}:{line}: column {sheet.names[at]!r}: a value is missing; remove the row")
    return values


def _file(sheet: Sheet, row: Row, at: int, root: Path) -> Path:
    name = row.cells[at].strip()
    file = root / name
    if not name or not file.is_file():
        said = f"there is no picture {name!r} in {root}; 'pictures' names the folder that it is in"
        raise ValueError(f"{sheet.path}:{row.line}: {said}")
    return file


def _of_archive(path: Path, how: DatedReading) -> DatedImages:
    if how.size is not None or how.grey:
        raise ValueError(f"{path}: 'size' and 'grey' are for files of pictures; an archive is taken as it is")
    with opened_archive(path) as archive:
        for role in _ROLES:
            if getattr(how, role) is None:
                known = ", ".join(array_names(archive)[:20]) or "none"
                raise ValueError(f"{path}: which array is the {role}? write '{role}: NAME'; arrays are {known}")
        roles = {role: str(getattr(how, role)) for role in (*_ROLES, "owner") if getattr(how, role) is not None}
        labels = as_labels(named_array(archive, path, roles["target"]), f"{path}!{roles['target']}")
        images = as_images(named_array(archive, path, roles["image"]), f"{path}!{roles['image']}")
        others = {role: named_array(archive, path, roles[role]) for role in ("time", "owner") if role in roles}
    found = image_set(Labelled(images, labels, str(path)))
    columns = {role: _column(path, roles[role], array, len(labels), _AS[role]) for role, array in others.items()}
    owners = columns.get("owner")
    classes = tuple(map(str, range(found.classes)))
    return DatedImages(images, labels.astype(np.int16), classes, columns["time"], owners, roles)


def _column(
    path: Path, name: str, array: np.ndarray, rows: int, read: Callable[[np.ndarray], np.ndarray | None]
) -> np.ndarray:
    """Return one value for each image."""
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    values = read(flat) if flat.shape == (rows,) else None
    if values is None:
        said = f"shape {'x'.join(map(str, array.shape))} of {array.dtype}"
        raise ValueError(
            f"{path}!{name}: {said}; wanted: a number (of a time, also a date) for each of {rows:,} images"
        )
    return values


def _times(values: np.ndarray) -> np.ndarray | None:
    if values.dtype.kind == "M":
        values = values.astype("datetime64[ns]").astype(np.float64) / 1e9
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        return None
    return values.astype(np.float64)


def _owners(values: np.ndarray) -> np.ndarray | None:
    return np.unique(values, return_inverse=True)[1].astype(np.int64) if values.dtype.kind in "iuUS" else None


_AS: Mapping[str, Callable[[np.ndarray], np.ndarray | None]] = {"time": _times, "owner": _owners}
