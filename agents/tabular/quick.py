"""The fast way through a table: pyarrow cuts and converts it as a whole, to the very numbers that our own reader gives.

It reads what is plain. Anything it is not sure about (a quote within a cell, a number in an unusual spelling, anything
wrong) it leaves to the reader that goes line by line and can say where the fault is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from agents.tabular.arrow_arrays import as_numpy
from agents.tabular.bounded import FileError
from agents.tabular.columns import Column, Names, Numbers
from agents.tabular.guessing import Guessed
from agents.tabular.packed import whole_lines
from agents.tabular.quotes import stray_quotes
from agents.tabular.sheet import Cut, Sheet
from agents.tabular.spelling import Spelling
from agents.tabular.text_lines import text_bytes

#: Bytes of a file that are looked at at once.
PIECE_BYTES = 1 << 24


def quick_blocks(
    sheet: Sheet, columns: Mapping[int, Column], gaps: frozenset[int] = frozenset()
) -> list[np.ndarray] | None:
    """Return float64 [rows, columns] blocks of a sheet, or None where it has to be read line by line.

    ``columns`` are number of a column -> its reader, which learns names as if it had read line by line; ``gaps`` are
    the columns in which values may be missing. What was learnt when None is returned is of no use.
    """
    if sheet.cut is None or sheet.cut.delimiter == " ":
        return None
    try:
        return [_block(piece, sheet, columns, gaps) for piece in _plain_pieces(sheet, sheet.cut)]
    except FileError:
        raise
    except (ValueError, IndexError):
        # pyarrow's errors are ValueErrors, as ours are.
        return None


def _plain_pieces(sheet: Sheet, cut: Cut) -> Iterator[bytes]:
    """Yield whole lines of data; the header is left out.

    Raises:
        ValueError: text that the two readers might read differently.
    """
    before = cut.data_from - 1
    for piece in whole_lines(sheet.path, PIECE_BYTES, text_bytes):
        text, before = _below(piece, before), 0
        if b"\0" in text or text.count(b"\r") != text.count(b"\r\n"):
            raise ValueError("bytes that are no text, or lines that end in their own way")
        if stray_quotes(text, cut.delimiter):
            raise ValueError("a quote that does not stand around a whole cell")
        if text.strip():
            yield text


def _below(text: bytes, lines: int) -> bytes:
    """Return what follows the first ``lines`` lines."""
    for _ in range(lines):
        _, newline, text = text.partition(b"\n")
        if not newline:
            raise ValueError("no data in the first piece")
    return text


def _block(piece: bytes, sheet: Sheet, columns: Mapping[int, Column], gaps: frozenset[int]) -> np.ndarray:
    names = [str(number) for number in range(len(sheet.names))]
    assert sheet.cut is not None
    table = csv.read_csv(
        io.BytesIO(piece),
        read_options=csv.ReadOptions(use_threads=False, block_size=2 * len(piece), column_names=names),
        parse_options=csv.ParseOptions(delimiter=sheet.cut.delimiter),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=[names[number] for number in columns],
            strings_can_be_null=False,
        ),
    )
    read = []
    for number, column in columns.items():
        values = _values(pc.utf8_trim_whitespace(table[names[number]]).combine_chunks(), column)
        if number not in gaps and np.isnan(values).any():
            raise ValueError("a value is missing")
        read.append(values)
    return np.stack(read, 1)


def _values(cells: pa.Array, column: Column) -> np.ndarray:
    """Return the numbers of a column's cells: what ``column.read`` returns for them."""
    if isinstance(column, Guessed):
        known = pc.filter(cells, pc.invert(_missing(cells, column.spelling)))
        if column.found is None and len(known):
            column.read([known[0].as_py()])
        return np.full(len(cells), np.nan) if column.found is None else _values(cells, column.found)
    if isinstance(column, Numbers):
        return _numbers(cells, column)
    if isinstance(column, Names):
        coded = cells.dictionary_encode()
        return column.read(coded.dictionary.to_pylist())[as_numpy(coded.indices)]
    return column.read(cells.to_pylist())


def _numbers(cells: pa.Array, column: Numbers) -> np.ndarray:
    spelling = column.spelling
    there = pc.invert(_missing(cells, spelling))
    known = cells.filter(there)
    if not spelling.plain:
        known = _plainly(known, spelling)
    values = np.full(len(cells), np.nan)
    values[as_numpy(there)] = as_numpy(pc.cast(known, pa.float64()))
    if np.isinf(values).any():
        raise ValueError("a number is not finite")
    return column.without_missing(values)


def _plainly(cells: pa.Array, spelling: Spelling) -> pa.Array:
    if not pc.all(pc.match_substring_regex(cells, f"^(?:{spelling.pattern})$")).as_py():
        raise ValueError("a number in another spelling")
    if spelling.thousands:
        cells = pc.replace_substring(cells, spelling.thousands, "")
    return pc.replace_substring(cells, spelling.decimal, ".")


def _missing(cells: pa.Array, spelling: Spelling) -> pa.Array:
    # A pattern, and not an array of words: to make an array out of a list, pyarrow loads pandas.
    words = "|".join(re.escape(word) for word in sorted({"", *spelling.missing}))
    return pc.match_substring_regex(cells, f"^({words})$")
