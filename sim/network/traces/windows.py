"""Recorded windows: when devices were there, or links up, read from a file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.tabular.columns import is_number
from agents.tabular.moments import compact_dates, epoch_unit, moment_s
from sim.network.availability import Windows
from sim.network.traces.device_states import is_json, windows_of_json
from sim.network.traces.text import TraceError, TraceText, read_text, stamp_of
from sim.network.traces.units import TIME, TIME_UNITS
from sim.unit_spellings import without_unit

#: How headers call the columns of windows, without units; the third column names what was recorded.
_ROLES: Mapping[str, tuple[str, ...]] = {
    "from": ("from", "start", "begin", "since", "online", "active", "joined", "start_time", "from_time", "on"),
    "until": ("until", "end", "stop", "to", "offline", "inactive", "left", "end_time", "until_time", "off"),
}
#: How they call the length of a window, which is no end.
_LASTS = re.compile(r"(duration|length|lasts|dauer|seconds|minutes|hours)", re.IGNORECASE)

#: Devices that are kept of one recording.
_MOST_NAMES = 1 << 18


class _Place(NamedTuple):
    """Where the columns of a file are, and the seconds in a unit of its times."""

    name: int | None
    from_: int
    until: int
    unit_s: float
    unit_is_named: bool = False


def load_windows(
    path: str | Path, *, unit: str, period_s: float = math.inf, states: Sequence[str] = ()
) -> tuple[Windows, ...]:
    """Return the recordings of a file, in the order in which their names first occur, counted from the first window.

    Each row is ``from until`` (one recording) or ``name from until`` (one for each name), separated by blanks, tabs,
    commas or semicolons; where there is a header, columns go by its names. Times are numbers or dates. Windows of one
    name may come in any order. JSON of device states is read by :mod:`sim.network.traces.device_states`.

    Args:
        path: a file, or ``FILE.zip!inner/name.csv``.
        unit: of the times, where no header gives it: ``ms``, ``s``, ``min`` or ``h``.
        period_s: play the windows again each period.
        states: of JSON with events, the states in all of which a device is there.

    Raises:
        TraceError: nothing there, a row of another shape, a time that is no number or negative, a window that
            ends before it begins or after the period.
        ValueError: no such unit.
    """
    if unit not in TIME_UNITS:
        raise ValueError(f"{unit!r} is no unit of time; write one of {', '.join(TIME_UNITS)}")
    return _load(str(path), stamp_of(path), TIME_UNITS[unit], period_s, tuple(states))


@lru_cache(maxsize=64)
def _load(
    path: str, stamp: tuple[int, int] | None, unit_s: float, period_s: float, states: tuple[str, ...]
) -> tuple[Windows, ...]:
    events = is_json(path)
    if states and not events:
        raise TraceError(f"{path}: is no JSON of events, for which 'states' is; leave it out")
    recordings = windows_of_json(path, states) if events else _windows_of_rows(path, unit_s)
    if events:
        _refuse_counts(path, recordings, unit_s, "write them in seconds")
    begins = [from_s for windows in recordings.values() for from_s, until_s in windows if until_s > from_s]
    if not begins:
        said = "no event begins what is asked for" if states else "each row is 'from until' or 'name from until'"
        raise TraceError(f"{path}: holds no window that lasts; {said}")
    first_s = min(begins)
    return tuple(Windows(_since(first_s, windows), period_s=period_s) for windows in recordings.values())


def _since(first_s: float, windows: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    # A window without length before the first one that lasts is none.
    return [(from_s - first_s, until_s - first_s) for from_s, until_s in windows if from_s >= first_s]


def _windows_of_rows(path: str, unit_s: float) -> dict[str, list[tuple[float, float]]]:
    recordings: dict[str, list[tuple[float, float]]] = {}
    text = read_text(path)
    place, header = _placed(text, unit_s)
    width, dates = len(text.split(text.head[0][1])), False
    for line, words in islice(text.lines(), header, None):
        fields = text.split(words)
        if len(fields) != width:
            raise text.error(line, f"{len(fields)} columns; write 'from until' or 'name from until'")
        from_s, until_s = (_seconds(text, line, fields[at], place.unit_s) for at in (place.from_, place.until))
        if not from_s <= until_s:
            raise text.error(line, "a window must end after it begins; mend the row")
        name = "" if place.name is None else fields[place.name]
        if name not in recordings and len(recordings) == _MOST_NAMES:
            raise text.error(line, f"names more than {_MOST_NAMES:,} devices; take a part of the file")
        recordings.setdefault(name, []).append((from_s, until_s))
        dates = dates or not is_number(fields[place.from_])
    return recordings if dates or place.unit_is_named else _settled(path, recordings, place.unit_s)


def _settled(
    path: str, recordings: dict[str, list[tuple[float, float]]], unit_s: float
) -> dict[str, list[tuple[float, float]]]:
    """Return windows of numbers without a named unit; 20200731 is a date, and what counts ms since 1970 is refused."""
    times = _refuse_counts(path, recordings, unit_s, "name their unit in a header: 'device,start_{0},end_{0}'")
    days = compact_dates(times)
    if days is None:
        return recordings
    pairs = zip(days[::2].tolist(), days[1::2].tolist(), strict=True)
    return {name: [next(pairs) for _ in windows] for name, windows in recordings.items()}


def _refuse_counts(
    path: str, recordings: dict[str, list[tuple[float, float]]], unit_s: float, remedy: str
) -> np.ndarray:
    """Return all times as they stand in the file; those that count ms, us or ns since 1970 are refused."""
    times = np.array([moment for windows in recordings.values() for window in windows for moment in window]) / unit_s
    if (unit := epoch_unit(times)) not in (None, "s"):
        raise TraceError(f"{path}: times look as if they counted {unit} since 1970; {remedy.format(unit)}")
    return times


def _placed(text: TraceText, unit_s: float) -> tuple[_Place, int]:
    """Return where the columns are, and how many lines the header has."""
    first = text.split(text.head[0][1])
    if len(first) not in (2, 3):
        raise text.error(text.head[0][0], f"{len(first)} columns; write 'from until' or 'name from until'")
    if any(_is_time(field) for field in first[-2:]):
        return _Place(0 if len(first) == 3 else None, len(first) - 2, len(first) - 1, unit_s), 0
    found = [_named(first, names) for names in _ROLES.values()]
    if None in found or found[0] == found[1]:
        lasts = next((name for name in first if _LASTS.match(name)), None)
        said = f"{lasts!r} says how long it lasts: write when it ends" if lasts else "call two columns start and end"
        said += ", as in 'device,start_s,end_s'"
        raise text.error(text.head[0][0], f"its columns are {', '.join(first)}: which is which? {said}")
    from_, until = (number for number in found if number is not None)
    name = next((number for number in range(len(first)) if number not in found), None)
    units_s = [_unit_s(text, first[number], unit_s) for number in (from_, until)]
    if units_s[0] != units_s[1]:
        raise text.error(text.head[0][0], f"{first[from_]} and {first[until]} have two units; write them in one")
    return _Place(name, from_, until, units_s[0], bool(TIME.named_units(first[from_]))), 1


def _named(header: Sequence[str], names: Sequence[str]) -> int | None:
    plain = [without_unit(name, "time").lower() for name in header]
    found = [number for number, name in enumerate(plain) if name in names]
    return found[0] if len(found) == 1 else None


def _unit_s(text: TraceText, name: str, unit_s: float) -> float:
    named = TIME.named_units(name)
    if len(named) > 1:
        raise text.error(text.head[0][0], f"the unit of {name} may be {' or '.join(named)}; write it out")
    return TIME_UNITS[named[0]] if named else unit_s


def _is_time(field: str) -> bool:
    if is_number(field):
        return True
    try:
        moment_s(field)
    except ValueError:
        return False
    return True


def _seconds(text: TraceText, line: int, field: str, unit_s: float) -> float:
    if is_number(field):
        if 0.0 <= float(field) < math.inf:
            return float(field) * unit_s
        raise text.error(line, f"{field!r} must be a finite number >= 0; mend the row")
    try:
        return moment_s(field)
    except ValueError:
        raise text.error(line, f"{field!r} must be a finite number >= 0, or a date; mend the row") from None
