"""Times and values out of a table of text: with or without a header, times as numbers or as stamps."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from agents.tabular.columns import is_number
from sim.network.traces.columns import Columns, Layout
from sim.network.traces.text import TraceText
from sim.network.traces.units import Quantity

_MISSING = ("-", "")
_STAMPS = ("%Y.%m.%d_%H.%M.%S", "%a %b %d %H:%M:%S UTC %Y", "%Y/%m/%d %H:%M:%S")
# Loggers set their clocks by the network: so far back is a correction, not a table out of order.
_CLOCK_STEP_S = 2.0


@dataclass(frozen=True)
class Table:
    """Times [s], from 0 and never falling, and values in base units."""

    times_s: list[float]
    values: list[float]


class _Row(NamedTuple):
    line: int
    time: str
    value: str


def read_table(text: TraceText, asked: Columns, quantity: Quantity) -> Table:
    """Return the time and the value column of a table, times counted from the first row with a value.

    Rows without a value (``-``) are skipped: what was before goes on. Stamps have whole seconds, so rows that
    share one stand for equal parts of it: their mean; among numbers, the last row of one time holds.

    Raises:
        TraceError: an unclear column or unit, a field that is no number or cannot be, times out of order.
    """
    layout = layout_of(text, asked, quantity)
    rows = list(_rows(text, layout))
    if not rows:
        raise text.error(text.lines[0][0], f"column {layout.names[layout.value_at]} holds no value")
    values = [_number(text, row.line, row.value) * layout.value_factor for row in rows]
    if is_number(rows[0].time):
        return Table(_counted(text, rows, layout.time_factor), values)
    return _averaged(_stamped(text, rows), values)


def layout_of(text: TraceText, asked: Columns, quantity: Quantity) -> Layout:
    """Return where the columns of a table are; raises as :func:`read_table`."""
    return Layout(text, _split(text.lines[0][1]), asked, quantity)


def _rows(text: TraceText, layout: Layout) -> Iterator[_Row]:
    for line, words in text.lines[1:] if layout.named else text.lines:
        fields = _split(words)
        if len(fields) != len(layout.names):
            message = f"{len(fields)} columns, where the first line has {len(layout.names)}; mend the row"
            raise text.error(line, message)
        if fields[layout.value_at] not in _MISSING:
            yield _Row(line, fields[layout.time_at], fields[layout.value_at])


def _split(line: str) -> list[str]:
    if '"' in line:
        return [field.strip() for field in next(csv.reader([line]))]
    for mark in (",", ";", "\t"):
        if mark in line:
            return [field.strip() for field in line.split(mark)]
    return line.split()


def _number(text: TraceText, line: int, field: str) -> float:
    if not is_number(field):
        raise text.error(line, f"{field!r} is no number; mend or remove the row")
    value = float(field)
    if not (math.isfinite(value) and value >= 0.0):
        raise text.error(line, f"{field!r} must be a finite number >= 0; mend or remove the row")
    return value


def _counted(text: TraceText, rows: list[_Row], unit_s: float) -> list[float]:
    times = [_number(text, row.line, row.time) for row in rows]
    _require_order(text, rows, times, 0.0)
    return [(t - times[0]) * unit_s for t in times]


def _stamped(text: TraceText, rows: list[_Row]) -> list[float]:
    times_s = [_stamp(text, row.line, row.time) for row in rows]
    _require_order(text, rows, times_s, _CLOCK_STEP_S)
    latest_s, kept_s = times_s[0], []
    for t_s in times_s:
        latest_s = max(latest_s, t_s)
        kept_s.append(latest_s - times_s[0])
    return kept_s


def _stamp(text: TraceText, line: int, field: str) -> float:
    stamp = _read_stamp(field)
    if stamp is None:
        raise text.error(line, f"{field!r} is no time; write seconds or an ISO 8601 stamp")
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()


def _read_stamp(field: str) -> datetime | None:
    for layout in _STAMPS:
        with suppress(ValueError):
            return datetime.strptime(field, layout).replace(tzinfo=UTC)
    with suppress(ValueError):
        return datetime.fromisoformat(field)
    return None


def _require_order(text: TraceText, rows: list[_Row], times: list[float], slack: float) -> None:
    for row, before, after in zip(rows[1:], times[:-1], times[1:], strict=True):
        if after < before - slack:
            raise text.error(row.line, f"time {row.time!r} lies before that of the row above; sort the rows")


def _averaged(times_s: list[float], values: list[float]) -> Table:
    starts_s: list[float] = []
    groups: list[list[float]] = []
    for t_s, value in zip(times_s, values, strict=True):
        if not starts_s or t_s > starts_s[-1]:
            starts_s.append(t_s)
            groups.append([])
        groups[-1].append(value)
    return Table(starts_s, [math.fsum(group) / len(group) for group in groups])
