"""Recorded rates and latencies, from all formats of public traces.

======================================  ==========================================================
file                                    read as
======================================  ==========================================================
one whole number a line                 Mahimahi: milliseconds of 1,500-byte opportunities
``time rate`` in columns, no header     a table; both units are declared
columns under a header                  columns by name; units declared, or in the names
``[{"duration_ms": 1000, ...}, ...]``   a table in JSON, whose rows have times, or last
``iperf3 --json``, ``ping -D``          a rate in each interval; the time of each answer
``FILE.zip!inner.csv``                  any of these within a zip, such as G-NetTrack logs
======================================  ==========================================================

A file is read once a process; ``shifted(offset_s)`` gives each of thousands of devices its own view of it.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from sim.network.rates.steps import Steps
from sim.network.traces.columns import Columns
from sim.network.traces.opportunities import Opportunities
from sim.network.traces.table import Table, layout_of, read_table
from sim.network.traces.text import TraceError, TraceText, read_text, stamp_of
from sim.network.traces.units import LATENCY, RATE, Quantity

#: Digits of the longest count of milliseconds: 31,000 years.
_LONGEST_COUNT = 15
#: No link is silent for so long at first [ms]: 11 days.
_LATEST_MS = 1_000_000_000

__all__ = ["TraceError", "load_latency", "load_rate", "unit_of"]


def load_rate(
    path: str | Path,
    *,
    column: str | int | None = None,
    unit: str | None = None,
    time_column: str | int | None = None,
    time_unit: str | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    skip: int = 0,
    time_format: str | None = None,
) -> Steps | Opportunities:
    """Return the rate of a trace [bit/s], repeated, from its first row on.

    Each row holds until the next; the last one as long as the one before it.

    Args:
        path: a file, or ``FILE.zip!inner/name.csv``.
        column: the column of the rate, by name or by number from 1, where more than one is possible.
        unit: ``bit/s``, ``B/s`` and their k, M, G, where the column's name does not give it.
        time_column: the column of the time, likewise.
        time_unit: ``ns`` to ``d``, where times are numbers and the name does not give it.
        decimal: between the whole part of a number and its fraction.
        thousands: between groups of three digits, if there is such a sign.
        skip: lines at the beginning of the file that are left out.
        time_format: how dates are laid out, for strptime, where they can be read in two ways.

    Raises:
        TraceError: with file, line and remedy: nothing there, out of order, negative, not a number, all zero,
            columns or units that are not clear.
    """
    asked = Columns(column, unit, time_column, time_unit, decimal, thousands, skip, time_format)
    return _rate(str(path), stamp_of(path), asked)


def load_latency(
    path: str | Path,
    *,
    column: str | int | None = None,
    unit: str | None = None,
    time_column: str | int | None = None,
    time_unit: str | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    skip: int = 0,
    time_format: str | None = None,
) -> Steps:
    """Return a recorded latency as a function of time, ``at(t_s)`` in seconds; a value holds until the next.

    The arguments are those of :func:`load_rate`. What is recorded is returned: a ping is a round trip
    (G-NetTrack's is ``PINGAVG``, in ms).

    Raises:
        TraceError: as :func:`load_rate`; zeros are allowed.
    """
    asked = Columns(column, unit, time_column, time_unit, decimal, thousands, skip, time_format)
    return _latency(str(path), stamp_of(path), asked)


def unit_of(path: str | Path, asked: Columns, *, latency: bool = False) -> str:
    """Return the unit in which the values of a table are read, as it would be declared.

    Raises:
        TraceError: as :func:`load_rate`.
    """
    text, quantity = read_text(str(path), asked.skip, asked.decimal), LATENCY if latency else RATE
    factor = layout_of(text, asked, quantity).value_factor
    return next(name for name, one in quantity.units.items() if one == factor)


@lru_cache(maxsize=256)
def _rate(path: str, stamp: tuple[int, int] | None, asked: Columns) -> Steps | Opportunities:
    text = read_text(path, asked.skip, asked.decimal)
    if asked == Columns(skip=asked.skip) and _is_whole(text.head[0][1]):
        return _opportunities(text)
    table = _table(text, asked, RATE)
    if not any(table.values):
        raise TraceError(f"{path}: all rates are zero, so nothing would ever arrive; take another trace or column")
    return _steps(table)


@lru_cache(maxsize=256)
def _latency(path: str, stamp: tuple[int, int] | None, asked: Columns) -> Steps:
    return _steps(_table(read_text(path, asked.skip, asked.decimal), asked, LATENCY))


def _table(text: TraceText, asked: Columns, quantity: Quantity) -> Table:
    first, line = text.head[0]
    if len(text.split(line)) == 1:
        message = f"one column ({line!r}): a {quantity.name} needs a time beside it, or whole milliseconds alone"
        raise text.error(first, message)
    return read_table(text, asked, quantity)


def _steps(table: Table) -> Steps:
    starts_s = table.times_s
    widths_s = [b - a for a, b in pairwise(starts_s) if b > a]
    end_s = starts_s[-1] + (widths_s[-1] if widths_s else 1.0) if table.end_s is None else table.end_s
    return Steps(starts_s, table.values, end_s)


def _opportunities(text: TraceText) -> Opportunities:
    times_ms, number = array("q"), 0
    for number, line in text.lines():
        if not _is_whole(line):
            raise text.error(number, f"{line!r} must be a whole number of milliseconds >= 0; mend or remove the line")
        if times_ms and int(line) < times_ms[-1]:
            raise text.error(number, f"{line} ms lies before the line above; sort the lines")
        times_ms.append(int(line))
    if times_ms[0] > _LATEST_MS:
        said = f"the first packet crosses {times_ms[0] / 86.4e6:,.0f} days after the beginning"
        raise text.error(text.head[0][0], f"{said}; count milliseconds from there, and not since 1970")
    if times_ms[-1] == 0:
        raise text.error(number, "the trace ends at 0 ms; it must last for some time")
    return Opportunities(np.frombuffer(times_ms, np.int64))


def _is_whole(line: str) -> bool:
    """Return whether a line is a whole number that milliseconds can be counted in."""
    return line.isascii() and line.isdigit() and len(line) <= _LONGEST_COUNT
