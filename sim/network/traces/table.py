"""Times and values out of a table of text: with or without a header, times as numbers or as stamps."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from agents.tabular.moments import compact_dates, moment_s
from agents.tabular.spelling import Spelling, other_spelling
from sim.network.traces.columns import Columns, Layout
from sim.network.traces.text import TraceText
from sim.network.traces.units import Quantity

_MISSING = ("-", "")
# Loggers set their clocks by the network: so far back is a correction, not a table out of order.
_CLOCK_STEP_S = 2.0

#: No time since any year in any unit and no rate is as large; sums of such numbers stay finite.
_MOST = 1e30


@dataclass(frozen=True)
class Table:
    """Times [s], from 0 and never falling, values in base units, and when the last one ends, if that is recorded."""

    times_s: list[float]
    values: list[float]
    end_s: float | None = None


class _Row(NamedTuple):
    line: int
    time: str
    value: str


def read_table(text: TraceText, asked: Columns, quantity: Quantity) -> Table:
    """Return the time and the value column of a table, times counted from the first row with a value.

    Rows without a value (``-``) are skipped: what was before goes on, at the end of the file, too. Stamps have whole
    seconds, so rows that share one stand for equal parts of it: their mean; among numbers, the last row of one time
    holds.

    Raises:
        TraceError: an unclear column or unit, a field that is no number or cannot be, times out of order.
    """
    layout = layout_of(text, asked, quantity)
    rows = _rows(text, layout)
    first = next((row for row in rows if row.value not in _MISSING), None)
    if first is None:
        raise text.error(text.head[0][0], f"column {layout.names[layout.value_at]} holds no value")
    counted = layout.time_format is None and other_spelling(first.time) is not None
    times, values = _columns(text, layout, chain([first], rows), counted)
    if layout.lasting:
        return _lasting(text, layout, times, values)
    since_s = _counted(times, layout) if counted else _forward(times)
    end_s, since_s = _end(since_s, len(values)), since_s[: len(values)]
    return Table(since_s.tolist(), values.tolist(), end_s) if counted else _averaged(since_s, values, end_s)


def layout_of(text: TraceText, asked: Columns, quantity: Quantity) -> Layout:
    """Return where the columns of a table are; raises as :func:`read_table`."""
    return Layout(text, text.split(text.head[0][1]), asked, quantity)


def _columns(text: TraceText, layout: Layout, rows: Iterator[_Row], counted: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return times as they stand in the file (seconds of dates), and values in base units.

    After the times that have a value come those of the last rows that have none, two at most: the trace goes on there.
    """
    times, values, silent = array("d"), array("d"), deque[_Row](maxlen=2)
    order = _Order(text, slack=math.inf if layout.lasting else 0.0 if counted else _CLOCK_STEP_S)
    for row in rows:
        if row.value in _MISSING and not layout.lasting:
            if row.time not in _MISSING and row.time not in {one.time for one in silent}:
                silent.append(row)
            continue
        silent.clear()
        times.append(order.kept(row, _time(text, layout, row, counted)))
        # What only says how long it lasts lasts so long at what was before.
        values.append(values[-1] if row.value in _MISSING else _value(text, layout, row))
    times.extend(order.kept(row, _time(text, layout, row, counted)) for row in silent)
    return np.array(times), np.array(values)


class _Order:
    """Refuses a time that lies before the newest one so far; a clock may be set back by ``slack``."""

    def __init__(self, text: TraceText, slack: float) -> None:
        self._text, self._slack, self._newest = text, slack, -math.inf

    def kept(self, row: _Row, at: float) -> float:
        """Return ``at``, the time of ``row``.

        Raises:
            TraceError: it is out of order.
        """
        if at < self._newest - self._slack:
            raise self._text.error(row.line, f"time {row.time!r} lies before that of a row above; sort the rows")
        self._newest = max(self._newest, at)
        return at


def _value(text: TraceText, layout: Layout, row: _Row) -> float:
    return _number(text, row.line, row.value, layout.spelling) * layout.value_factor


def _time(text: TraceText, layout: Layout, row: _Row, counted: bool) -> float:
    if counted:
        return _number(text, row.line, row.time, layout.spelling)
    return _stamp(text, row.line, row.time, layout.time_format)


def _lasting(text: TraceText, layout: Layout, lengths: np.ndarray, values: np.ndarray) -> Table:
    """Return the table of rows of which each says how long it lasts; a row that lasts no time is none."""
    there = lengths > 0.0
    if not there.any():
        raise text.error(text.head[0][0], f"column {layout.names[layout.time_at]}: no row lasts any time")
    ends_s = np.cumsum(lengths[there]) * layout.time_factor
    return Table([0.0, *ends_s[:-1].tolist()], values[there].tolist(), float(ends_s[-1]))


def _counted(times: np.ndarray, layout: Layout) -> np.ndarray:
    """Return seconds from the first row on, of numbers in some unit; 20200731 is a date if no unit is given."""
    dates = None if layout.time_is_named else compact_dates(times)
    since: np.ndarray = (times - times[0]) * layout.time_factor if dates is None else dates - dates[0]
    return since


def _end(since_s: np.ndarray, valued: int) -> float | None:
    """Return when the last of the rows ends that have no value; None if the trace ends with one that has."""
    last_s = float(since_s[-1])
    if not last_s > since_s[valued - 1]:
        return None
    # The last row lasts as long as the one before it.
    return last_s + (last_s - float(since_s[-2]))


def _rows(text: TraceText, layout: Layout) -> Iterator[_Row]:
    for line, words in islice(text.lines(), int(layout.named), None):
        fields = text.split(words)
        if len(fields) != len(layout.names):
            message = f"{len(fields)} columns, where the first line has {len(layout.names)}; mend the row"
            raise text.error(line, message)
        yield _Row(line, fields[layout.time_at], fields[layout.value_at])


def _number(text: TraceText, line: int, field: str, spelling: Spelling) -> float:
    try:
        value = spelling.number(field)
    except ValueError:
        odd = other_spelling(field)
        said = f" ({odd})" if odd else ""
        raise text.error(line, f"{field!r} is no number{said}; mend or remove the row") from None
    if not 0.0 <= value < _MOST:
        raise text.error(line, f"{field!r} must be a finite number >= 0 and below {_MOST:g}; mend or remove the row")
    return value


def _stamp(text: TraceText, line: int, field: str, form: str | None) -> float:
    try:
        return moment_s(field, form)
    except ValueError as error:
        raise text.error(line, str(error)) from None


def _forward(times_s: np.ndarray) -> np.ndarray:
    """Return seconds from the first row on; a clock that is set back stands still until it has caught up."""
    forward: np.ndarray = np.maximum.accumulate(times_s) - times_s[0]
    return forward


def _averaged(times_s: np.ndarray, values: Sequence[float] | np.ndarray, end_s: float | None) -> Table:
    starts_s, first = np.unique(times_s, return_index=True)
    groups = np.split(np.asarray(values), first[1:])
    return Table(starts_s.tolist(), [math.fsum(group) / len(group) for group in groups], end_s)
