"""Recorded windows: when devices were there, or links up, read from a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from agents.tabular.columns import is_number
from sim.network.availability import Windows
from sim.network.traces.text import TraceError, TraceText, read_text
from sim.network.traces.units import TIME_UNITS


def load_windows(path: str | Path, *, unit: str, period_s: float = math.inf) -> tuple[Windows, ...]:
    """Return the recordings of a file, in the order in which their names first occur.

    Each row is ``from until`` (one recording) or ``name from until`` (one for each name), separated by
    blanks, tabs, commas or semicolons; a header is skipped. Windows of one name may come in any order.

    Args:
        path: a file, or ``FILE.zip!inner/name.csv``.
        unit: of the times: ``ms``, ``s``, ``min`` or ``h``.
        period_s: play the windows again each period.

    Raises:
        TraceError: nothing there, a row of another shape, a time that is no number or negative, a window that
            ends before it begins or after the period.
        ValueError: no such unit.
    """
    if unit not in TIME_UNITS:
        raise ValueError(f"{unit!r} is no unit of time; write one of {', '.join(TIME_UNITS)}")
    return _load(str(path), TIME_UNITS[unit], period_s)


@lru_cache(maxsize=64)
def _load(path: str, unit_s: float, period_s: float) -> tuple[Windows, ...]:
    recordings: dict[str, list[tuple[float, float]]] = {}
    text = read_text(path)
    for line, name, times in _rows(text):
        from_s, until_s = (_seconds(text, line, field, unit_s) for field in times)
        if not from_s <= until_s <= period_s:
            raise text.error(line, f"a window must end after it begins and within {period_s} s; mend the row")
        recordings.setdefault(name, []).append((from_s, until_s))
    if not any(until_s > from_s for windows in recordings.values() for from_s, until_s in windows):
        raise TraceError(f"{path}: holds no window that lasts; each row is 'from until' or 'name from until'")
    return tuple(Windows(windows, period_s=period_s) for windows in recordings.values())


def _rows(text: TraceText) -> Iterator[tuple[int, str, list[str]]]:
    for i, (line, words) in enumerate(text.lines):
        fields = words.replace(",", " ").replace(";", " ").split()
        if i == 0 and not is_number(fields[-1]):
            continue
        if len(fields) not in (2, 3):
            raise text.error(line, f"{len(fields)} columns; write 'from until' or 'name from until'")
        yield line, " ".join(fields[:-2]), fields[-2:]


def _seconds(text: TraceText, line: int, field: str, unit_s: float) -> float:
    if not is_number(field) or not 0.0 <= float(field) < math.inf:
        raise text.error(line, f"{field!r} must be a finite number >= 0; mend the row")
    return float(field) * unit_s
