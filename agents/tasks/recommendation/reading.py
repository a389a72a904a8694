"""Reading a file of interactions piece by piece: fast where all is well, and to the line where it is not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from agents.tabular.arrow_arrays import any_empty, as_numpy
from agents.tabular.packed import whole_lines
from agents.tabular.quotes import stray_quotes
from agents.tabular.text_lines import text_bytes
from agents.tasks.recommendation.file_layout import Layout, find_layout, is_number
from agents.tasks.recommendation.log import Log, make_log
from agents.tasks.recommendation.log_times import LogTimes

#: Bytes of a file that are looked at at once.
PIECE_BYTES = 1 << 24
#: Stands for a separator of several characters while a piece is read: no text holds it.
_ONE = b"\x1f"
#: Times since 1970 are above the first [s], and ratings below the second.
_EPOCH_S, _LARGEST_RATING = 1e8, 1e3
#: How spreadsheets say in a first line what delimits the others.
_SEP_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


class Names:
    """Numbers for names, in the order in which they are met."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def encode(self, column: pa.ChunkedArray) -> np.ndarray:
        """Return the number of each name in a column of text: int64 [rows]."""
        coded = column.combine_chunks().dictionary_encode()
        known = [self.codes.setdefault(name, len(self.codes)) for name in coded.dictionary.to_pylist()]
        return np.asarray(known, np.int64)[as_numpy(coded.indices)]


@dataclass(frozen=True)
class LogReading:
    """How a log is to be read.

    Attributes:
        separator: between columns; None to find out.
        columns: role -> name or number (from 0) of its column; no entry where the header or the order says it.
        header: whether the first line names columns; None to find out.
        skip: lines before the log.
        time_format: how dates are laid out, for strptime, where they can be read in two ways.
        time_unit: of times that are numbers; None: they are only compared with each other.
    """

    separator: str | None = None
    columns: Mapping[str, str | int | None] = field(default_factory=dict)
    header: bool | None = None
    skip: int = 0
    time_format: str | None = None
    time_unit: str | None = None


def read_log(path: str | Path, how: LogReading | None = None) -> Log:
    """Read interactions from ``path``, packed or not, with or without a header.

    Times are numbers in one unit, or dates, in any order; numbers such as 20200731 are dates.

    Raises:
        ValueError: the file holds something else; the message names file and line.
    """
    reading = how or LogReading()
    users, items, moments = Names(), Names(), LogTimes(reading.time_format)
    parts, weights, layout = [], [], None
    for layout, table in _tables(Path(path), reading, moments):
        parts.append((users.encode(table["user"]), items.encode(table["item"]), moments.read(table["timestamp"])))
        if "weight" in table.column_names:
            weights.append(as_numpy(table["weight"]))
        if len(parts) == 1:
            _refuse_swapped(path, layout, table, parts[0][2])
    if not parts or layout is None:
        raise ValueError(f"{path}: holds no interaction")
    user, item, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    weight = np.concatenate(weights) if weights else None
    if weight is not None and not weight.any():
        raise ValueError(f"{path}: weight: all are 0, so that nothing would be learnt")
    time_s = moments.settled(time, reading.time_unit)
    return make_log(user, item, time_s, list(users.codes), list(items.codes), layout.named, weight)


def _tables(path: Path, how: LogReading, moments: LogTimes) -> Iterator[tuple[Layout, pa.Table]]:
    layout: Layout | None = None
    line = 1
    for piece in whole_lines(path, PIECE_BYTES, text_bytes):
        if layout is None:
            layout, skipped = _laid_out(path, piece, how)
            piece, line = piece[skipped:], line + piece[:skipped].count(b"\n")
        if piece.strip():
            yield layout, _table(path, piece, line, layout, moments)
        line += piece.count(b"\n")


def _refuse_swapped(path: str | Path, layout: Layout, table: pa.Table, time: np.ndarray) -> None:
    """Refuse a log without a header whose ratings look like times, and whose times look like ratings."""
    if layout.header or "rating" not in layout.columns:
        return
    if np.median(as_numpy(table["rating"])) > _EPOCH_S > _LARGEST_RATING > np.abs(time).max():
        said = "column 2 looks like times and column 3 like ratings"
        raise ValueError(f"{path}: {said}; write columns: {{user: 0, item: 1, timestamp: 2, rating: 3}}")


def _laid_out(path: Path, piece: bytes, how: LogReading) -> tuple[Layout, int]:
    """Return the layout and how many bytes come before the first interaction."""
    skipped, separator = 0, how.separator
    for number, raw in enumerate(piece.splitlines(keepends=True), 1):
        text = _text(raw).strip("\r\n")
        if number <= how.skip or not text.strip() or text.lstrip().startswith("#"):
            skipped += len(raw)
        elif found := _SEP_LINE.fullmatch(text.strip(" ")):
            skipped, separator = skipped + len(raw), separator or found[1]
        else:
            _refuse_no_columns(f"{path}:{number}", text)
            try:
                layout = find_layout(text, separator, how.columns, how.header)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
            return layout, skipped + (len(raw) if layout.header else 0)
    raise ValueError(f"{path}: holds no interaction")


def _refuse_no_columns(location: str, text: str) -> None:
    """Refuse a first line that no writer of columns writes: no text at all, or JSON."""
    if "\0" in text:
        raise ValueError(f"{location}: holds a zero byte; this is no text; if it is UTF-16, save it as UTF-8")
    if text.lstrip().startswith(("{", "[{", "[[")):
        raise ValueError(f"{location}: is JSON; write a log as CSV, a row 'user,item,timestamp' an interaction")


def _table(path: Path, piece: bytes, line: int, layout: Layout, moments: LogTimes) -> pa.Table:
    try:
        return _parsed(piece, layout, moments)
    except (pa.ArrowInvalid, ValueError):
        # The error names no line: search for it.
        raise ValueError(_complaint(path, piece, line, layout, moments)) from None


def _parsed(piece: bytes, layout: Layout, moments: LogTimes) -> pa.Table:
    quote: str | bool = '"'
    separator = layout.separator.encode()
    if stray_quotes(piece, layout.separator):
        piece, separator, quote = _cut_by_lines(piece, layout), _ONE, False
    elif len(separator) > 1:
        piece, separator = piece.replace(separator, _ONE), _ONE
    names = [f"column {number}" for number in range(layout.width)]
    table = csv.read_csv(
        io.BytesIO(piece),
        read_options=csv.ReadOptions(use_threads=False, block_size=2 * len(piece), column_names=names),
        parse_options=csv.ParseOptions(delimiter=separator.decode(), quote_char=quote),
        convert_options=csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            include_columns=[names[number] for number in layout.columns.values()],
            strings_can_be_null=False,
        ),
    ).rename_columns(list(layout.columns))
    for name in ("rating", "weight"):
        if name in layout.columns:
            table = table.set_column(table.column_names.index(name), name, _numbers(table[name], name))
    moments.read(table["timestamp"])
    if any(any_empty(table[name]) for name in ("user", "item")):
        raise ValueError("a user or an item has no name")
    return table


def _numbers(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    numbers = pc.cast(pc.utf8_trim_whitespace(column), pa.float64())
    if not pc.all(pc.is_finite(numbers)).as_py() or (name == "weight" and pc.min(numbers).as_py() < 0.0):
        raise ValueError(f"a {name} is not finite, or a weight is below 0")
    return numbers


def _cut_by_lines(piece: bytes, layout: Layout) -> bytes:
    """Return the same rows with other marks between cells and no quotes around them.

    A quote that does not stand around a cell is a letter like any other, and no line of a log ends within quotes.
    """
    lines = (raw.strip(b"\r").decode() for raw in piece.split(b"\n"))
    rows = (_ONE.decode().join(layout.cut(line)) for line in lines if line)
    return "\n".join(rows).encode() + b"\n"


def _complaint(path: Path, piece: bytes, first: int, layout: Layout, moments: LogTimes) -> str:
    for number, raw in enumerate(piece.split(b"\n"), first):
        text = _text(raw).strip("\r")
        if text and (wrong := _wrong(text, layout, moments)):
            return f"{path}:{number}: {wrong}"
    return f"{path}:{first}: cannot be read as columns separated by {layout.separator!r}"


def _wrong(text: str, layout: Layout, moments: LogTimes) -> str | None:
    columns = layout.cut(text)
    if "\ufffd" in text:
        return "is not UTF-8 text"
    if len(columns) != layout.width:
        return f"has {len(columns)} columns where the first line has {layout.width}"
    for name, where in layout.columns.items():
        if name in ("rating", "weight") and not is_number(columns[where]):
            return f"{name} {columns[where]!r} is no number"
        if name == "weight" and float(columns[where]) < 0.0:
            return f"weight {columns[where]!r} is below 0"
        if name == "timestamp" and (wrong := moments.wrong(columns[where])):
            return f"timestamp {wrong}"
        if not columns[where]:
            return f"{name} is empty"
    return None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
