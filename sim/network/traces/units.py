"""The units that traces are written in, declared by the user or read off a column's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

TIME_UNITS: Mapping[str, float] = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
RATE_UNITS: Mapping[str, float] = {
    f"{prefix}{unit}/s": factor * bits
    for unit, bits in (("bit", 1.0), ("B", 8.0))
    for prefix, factor in (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9))
}

_PREFIX = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_START = r"(?:^|[_(\[\s])"
_BYTES = re.compile(_START + r"([kMG]?)(?:B/s|Bps|[Bb]ytes?(?:/|_per_)s)\W*$")
_BITS = re.compile(_START + r"([kmg]?)(?:bits?(?:/|_per_|p)s|bps|b/s)\W*$", re.IGNORECASE)
_TIME = re.compile(_START + r"(ms|s|sec|seconds?|min|h)\W*$", re.IGNORECASE)
# What G-NetTrack writes, in units that its columns do not name.
_LOGGED_RATES = {"DL_bitrate": 1e3, "UL_bitrate": 1e3}
_LOGGED_TIMES = {"PINGAVG": 1e-3, "PINGMIN": 1e-3, "PINGMAX": 1e-3, "PINGSTDEV": 1e-3}


def rate_factor(name: str) -> float | None:
    """Return the bits per second of the unit in a column's name, or None if it names none.

    ``RATE(MBit/s)``, ``rate_kbps`` and ``down [B/s]`` name one; ``bandwidth`` does not.
    """
    if match := _BYTES.search(name):
        return 8.0 * _PREFIX[match[1].lower()]
    if match := _BITS.search(name):
        return _PREFIX[match[1].lower()]
    return _LOGGED_RATES.get(name)


def time_factor(name: str) -> float | None:
    """Return the seconds of the unit in a column's name, or None if it names none."""
    if match := _TIME.search(name):
        unit = match[1].lower()
        return TIME_UNITS["s" if unit.startswith("sec") else unit]
    return _LOGGED_TIMES.get(name)


@dataclass(frozen=True)
class Quantity:
    """What a column holds: its name in messages, the units it can be declared in, and those that names give."""

    name: str
    units: Mapping[str, float]
    named_unit: Callable[[str], float | None]


RATE = Quantity("rate", RATE_UNITS, rate_factor)
LATENCY = Quantity("latency", TIME_UNITS, time_factor)
TIME = Quantity("time", TIME_UNITS, time_factor)
