"""Recordings in JSON as the lines of a table: rows of maps, columns, pairs, or bare numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agents.tabular.json_table import is_json, json_sheet
from agents.tabular.json_text import recording_in_json
from agents.tabular.sheet import open_lines
from sim.network.traces.tool_logs import iperf_lines, is_iperf

#: Bytes looked at to see what a list begins with.
_PEEKED = 256


def holds_json(path: str) -> bool:
    """Return whether a file begins like JSON; one that cannot be read is left to others."""
    try:
        return is_json(open_lines(Path(path)))
    except ValueError:
        return False


def json_lines(path: str) -> Iterator[tuple[int, str]]:
    """Yield (number, text) of a header and of each row, commas between columns.

    ``[{"time_s": 0, "rate_kbps": 64}, ...]``, the same a row a line, or ``{"time_s": [0, ...], ...}`` have names;
    ``[[0, 64], ...]`` and ``[3, 7, ...]`` have none. The number is that of the row. iperf3's JSON is one of intervals.

    Raises:
        ValueError: no JSON, or rows of another shape.
    """
    if _is_bare_list(path):
        yield from _bare(path)
        return
    opened = open_lines(Path(path))
    if is_iperf(text for _, text in opened.head):
        yield from iperf_lines(path)
        return
    sheet = json_sheet(Path(path), opened)
    yield 0, _line(sheet.names)
    for row in sheet.rows:
        yield row.line, _line(row.cells)


def _is_bare_list(path: str) -> bool:
    begins = "".join(text for _, text in open_lines(Path(path)).head)[:_PEEKED].split()
    return "".join(begins).startswith("[") and not "".join(begins).startswith("[{")


def _bare(path: str) -> Iterator[tuple[int, str]]:
    for number, row in enumerate(recording_in_json(path), 1):
        cells = row if isinstance(row, list) else [row]
        if not cells or not all(_is_cell(cell) for cell in cells):
            raise ValueError(f"{path}: row {number}: {json.dumps(row)[:40]} is no number, and no list of them")
        yield number, _line([cell if isinstance(cell, str) else json.dumps(cell) for cell in cells])


def _is_cell(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()
