"""Reading a file of interactions piece by piece: fast where all is well, and to the line where it is not."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from agents.tabular.arrow_arrays import any_empty, as_numpy
from agents.tabular.packed import whole_lines
from agents.tabular.quotes import stray_quotes
from agents.tasks.recommendation.file_layout import Layout, find_layout, is_number
from agents.tasks.recommendation.log import Log, make_log

#: Bytes of a file that are looked at at once.
PIECE_BYTES = 1 << 24
#: Stands for a separator of several characters while a piece is read: no text holds it.
_ONE = b"\x1f"


class Names:
    """Numbers for names, in the order in which they are met."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def encode(self, column: pa.ChunkedArray) -> np.ndarray:
        """Return the number of each name in a column of text: int64 [rows]."""
        coded = column.combine_chunks().dictionary_encode()
        known = [self.codes.setdefault(name, len(self.codes)) for name in coded.dictionary.to_pylist()]
        return np.asarray(known, np.int64)[as_numpy(coded.indices)]


def read_log(
    path: str | Path, separator: str | None = None, columns: Mapping[str, str | int | None] | None = None
) -> Log:
    """Read interactions from ``path``, gzipped or not, with or without a header.

    ``separator`` is sniffed if not given; ``columns`` says by name or number (from 0) where user, item, rating and
    timestamp are. Timestamps are numbers in any unit and any order.

    Raises:
        ValueError: the file holds something else; the message names file and line.
        OSError: it cannot be read.
    """
    users, items = Names(), Names()
    parts, named = [], dict[str, str]()
    for layout, table in _tables(Path(path), separator, columns or {}):
        parts.append((users.encode(table["user"]), items.encode(table["item"]), as_numpy(table["timestamp"])))
        named = dict(layout.named)
    if not parts:
        raise ValueError(f"{path}: holds no interaction")
    user, item, time_s = (np.concatenate(column) for column in zip(*parts, strict=True))
    return make_log(user, item, time_s, list(users.codes), list(items.codes), named)


def _tables(
    path: Path, separator: str | None, columns: Mapping[str, str | int | None]
) -> Iterator[tuple[Layout, pa.Table]]:
    layout: Layout | None = None
    line = 1
    for piece in whole_lines(path, PIECE_BYTES):
        if layout is None:
            layout, skipped = _laid_out(path, piece, separator, columns)
            piece, line = piece[skipped:], line + piece[:skipped].count(b"\n")
        if piece.strip():
            yield layout, _table(path, piece, line, layout)
        line += piece.count(b"\n")


def _laid_out(
    path: Path, piece: bytes, separator: str | None, columns: Mapping[str, str | int | None]
) -> tuple[Layout, int]:
    """Return the layout and how many bytes come before the first interaction."""
    skipped = 0
    for raw in piece.splitlines(keepends=True):
        text = _text(raw).removeprefix("\ufeff").strip("\r\n")
        if text.strip():
            try:
                layout = find_layout(text, separator, columns)
            except ValueError as error:
                line = piece[:skipped].count(b"\n") + 1
                raise ValueError(f"{path}:{line}: {error}") from None
            byte_mark = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
            return layout, skipped + (len(raw) if layout.header else byte_mark)
        skipped += len(raw)
    raise ValueError(f"{path}: holds no interaction")


def _table(path: Path, piece: bytes, line: int, layout: Layout) -> pa.Table:
    try:
        return _parsed(piece, layout)
    except (pa.ArrowInvalid, ValueError):
        # The error names no line: search for it.
        raise ValueError(_complaint(path, piece, line, layout)) from None


def _parsed(piece: bytes, layout: Layout) -> pa.Table:
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
    for name in ("timestamp", "rating"):
        if name in layout.columns:
            table = table.set_column(table.column_names.index(name), name, _numbers(table[name]))
    if any(any_empty(table[name]) for name in ("user", "item")):
        raise ValueError("a user or an item has no name")
    return table


def _cut_by_lines(piece: bytes, layout: Layout) -> bytes:
    """Return the same rows with other marks between cells and no quotes around them.

    A quote that does not stand around a cell is a letter like any other, and no line of a log ends within quotes.
    """
    lines = (raw.strip(b"\r").decode() for raw in piece.split(b"\n"))
    rows = (_ONE.decode().join(layout.cut(line)) for line in lines if line)
    return "\n".join(rows).encode() + b"\n"


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    numbers = pc.cast(pc.utf8_trim_whitespace(column), pa.float64())
    if not pc.all(pc.is_finite(numbers)).as_py():
        raise ValueError("a number is not finite")
    return numbers


def _complaint(path: Path, piece: bytes, first: int, layout: Layout) -> str:
    for number, raw in enumerate(piece.split(b"\n"), first):
        text = _text(raw).strip("\r")
        if text and (wrong := _wrong(text, layout)):
            return f"{path}:{number}: {wrong}"
    return f"{path}:{first}: cannot be read as columns separated by {layout.separator!r}"


def _wrong(text: str, layout: Layout) -> str | None:
    columns = layout.cut(text)
    if "\ufffd" in text:
        return "is not UTF-8 text"
    if len(columns) != layout.width:
        return f"has {len(columns)} columns where the first line has {layout.width}"
    for name, where in layout.columns.items():
        if name in ("timestamp", "rating") and not is_number(columns[where]):
            return f"{name} {columns[where]!r} is no number"
        if not columns[where]:
            return f"{name} is empty"
    return None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
