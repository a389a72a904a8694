"""Sizes and times in the unit in which they read well: one law for screens, tables and figures."""

from __future__ import annotations

import math

_TIMES = ((2 * 86400.0, 86400.0, "d"), (4 * 3600.0, 3600.0, "h"), (300.0, 60.0, "min"))
_SIZES = ("B", "kB", "MB", "GB", "TB")


def clock(duration_s: float) -> tuple[float, str]:
    """Return the divisor and name of the unit in which a duration reads well."""
    return next(((unit_s, name) for least_s, unit_s, name in _TIMES if duration_s >= least_s), (1.0, "s"))


def byte_unit(largest: float) -> tuple[float, str]:
    """Return the divisor and name of the decimal unit in which a number of bytes reads well."""
    power = 0 if largest < 1 else min(len(_SIZES) - 1, int(math.log10(largest) // 3))
    return 1000.0**power, _SIZES[power]


def time_in_words(seconds: float, digits: int = 4) -> str:
    """Return a duration with its unit, to so many digits: ``90 s``, ``12.5 min``."""
    if math.isnan(seconds):
        return "unknown"
    unit_s, unit = clock(seconds)
    return f"{seconds / unit_s:.{digits}g} {unit}"


def size_in_words(nbytes: float, digits: int = 4) -> str:
    """Return a size with its unit (powers of a thousand), to so many digits: ``1.235 MB``."""
    if math.isnan(nbytes):
        return "unknown"
    # Rounded first: 999.96 kB are 1 MB, and not 1000 kB.
    divisor, unit = byte_unit(float(f"{nbytes:.{digits}g}"))
    return f"{nbytes / divisor:.{digits}g} {unit}"
