"""Times in files: numbers, ISO 8601, the stamps of loggers, and dates that look like numbers (20200731)."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from datetime import UTC, datetime

import numpy as np

#: Stamps that can be read in one way only, beside ISO 8601.
_STAMPS = (
    "%Y.%m.%d_%H.%M.%S",
    "%a %b %d %H:%M:%S UTC %Y",
    "%a %b %d %H:%M:%S %Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d/%b/%Y:%H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %z",
)
#: 3/4/2020 is in March or in April, depending on who wrote it.
_TWO_WAYS = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})\b")
#: Layouts that are proposed where a date cannot be read as it stands: those that can be read in two ways, and others.
_DATES = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
_OTHERS = (
    ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"),
    ("%b %d %Y %H:%M:%S", "%d %b %Y %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%b %d, %Y %H:%M:%S", "%B %d, %Y", "%d %B %Y"),
    ("%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%b %d %Y", "%b %d, %Y", "%d-%b-%y %H:%M:%S", "%d%b%Y"),
    ("%Y.%m.%d", "%Y.%m.%d %H:%M:%S", "%Y-%m", "%Y/%m", "%Y\u5e74%m\u6708%d\u65e5", "%Y-%m-%d %I:%M:%S %p"),
    ("%a, %d %b %Y %H:%M:%S %Z", "%a %d %b %Y %H:%M:%S"),
    ("[%d/%b/%Y:%H:%M:%S %z]", "%Y%m%dT%H%M%S", "%Y-%j", "%d%b%Y:%H:%M:%S"),
)
#: Those of them that say a month or a day.
_WITH_DAY = tuple(one for row in _OTHERS[1:] for one in row)
#: Layouts of dates that are written as one number, by their digits; where fewer look like it, it may be a count.
_COMPACT = {
    8: ("%Y%m%d",),
    14: ("%Y%m%d%H%M%S",),
    12: ("%Y%m%d%H%M",),
    10: ("%Y%m%d%H",),
    7: ("%Y%j",),
    6: ("%Y%m", "%y%m%d"),
}
_LEAST = {6: 13, 7: 13}
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
#: Seconds in a unit of time that a column may count in.
TIME_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def moment_s(cell: str, layout: str | None = None) -> float:
    """Return the seconds since 1970 of a date; without a zone it is in UTC. ``layout`` is one of strptime.

    Raises:
        ValueError: it is no date, or one that can be read in two ways.
    """
    text = cell.strip()
    if layout is not None:
        return _seconds(_laid_out(text, layout))
    with suppress(ValueError):
        return _seconds(datetime.fromisoformat(text))
    for one in _STAMPS:
        with suppress(ValueError):
            return _seconds(datetime.strptime(text, one))  # what has no zone is in UTC
    raise ValueError(f"{cell!r} {_remedy(text)}")


def _remedy(text: str) -> str:
    """Return what to do about a time that cannot be read: the layouts that fit it, if there are any."""
    two = bool(_TWO_WAYS.match(text))
    known = [date + clock for date in _DATES for clock in _CLOCKS] if two else [one for row in _OTHERS for one in row]
    fit = [layout for layout in known if _fits(text, layout)]
    if two:
        said = "can be read in two ways" if len(fit) > 1 else "is no time as it stands"
        return f"{said}; write its layout, for example time_format: {' or '.join(map(repr, fit or ['%d/%m/%Y']))}"
    if fit:
        return f"is no time as it stands; write its layout, time_format: {fit[0]!r}"
    return "is no time; wanted: a number or a date like 2024-05-31 12:00:00"


def _fits(text: str, layout: str) -> bool:
    try:
        datetime.strptime(text, layout)  # only whether it can be read
    except ValueError:
        return False
    return True


def is_moment(cell: str) -> bool:
    """Return whether a cell is a date, if not in numbers alone."""
    text = cell.strip()
    try:
        float(text)
    except ValueError:
        with suppress(ValueError):
            return math.isfinite(moment_s(text))
        return bool(_TWO_WAYS.match(text)) or any(_fits(text, one) for one in _WITH_DAY)
    return False


def compact_dates(values: np.ndarray) -> np.ndarray | None:
    """Return the seconds since 1970 of numbers that are dates without signs, such as 20200731; None if they are none.

    All have to be dates of the years 1900 to 2100 with the same number of digits; months (202007), days of a year
    (2020201) and years of two digits (200719) are believed only where many different ones are.

    Args:
        values: float64 [n].
    """
    if not len(values) or not np.isfinite(values).all() or (values != np.floor(values)).any():
        return None
    different = np.unique(values)
    lengths = {len(f"{value:.0f}") for value in (different[0], different[-1])}
    digits = lengths.pop() if len(lengths) == 1 else 0
    if len(different) < _LEAST.get(digits, 1):
        return None
    for layout in _COMPACT.get(digits, ()):
        if (seconds := _all_dates(different, layout)) is not None:
            return np.asarray(seconds[np.searchsorted(different, values)])
    return None


def _all_dates(values: np.ndarray, layout: str) -> np.ndarray | None:
    """Return the seconds since 1970 of numbers that are all laid out like this; None where one is not."""
    seconds = np.empty(len(values))
    for row, value in enumerate(values.tolist()):
        try:
            moment = datetime.strptime(f"{value:.0f}", layout).replace(tzinfo=UTC)
        except ValueError:
            return None
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return None
        seconds[row] = moment.timestamp()
    return seconds


def epoch_unit(values: np.ndarray) -> str | None:
    """Return the unit in which numbers count from 1970, if they look as if they did: dates of 1990 to 2065."""
    middle = float(np.median(values)) if len(values) else 0.0
    units = ("s", "ms", "us", "ns")
    return next((unit for unit in units if 0.63e9 <= middle * TIME_UNITS[unit] <= 3e9), None)


def _laid_out(text: str, layout: str) -> datetime:
    try:
        return datetime.strptime(text, layout)  # what has no zone is in UTC
    except ValueError:
        raise ValueError(f"{text!r} is not laid out like {layout!r}") from None


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
