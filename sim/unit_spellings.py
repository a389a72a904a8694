"""What units mean that people write in other ways: ``KB/s``, ``Mbits/sec``, ``MBps``, ``hours``, ``m``.

Each spelling means one unit, or several where its letters leave it open. B is bytes and b bits in every case of k.
Both the remedies for a scenario's quantities and the headers of recorded columns are read by this one law.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_AMOUNT = r"(ki|mi|gi|ti|kilo|mega|giga|k|m|g|t|)(bits?|bytes?|b)"
#: What stands behind an amount in a rate.
PER_SECOND = r"(?:/ ?s(?:ec(?:ond)?)?|ps|p/s|[ _]per[ _]s(?:ec(?:ond)?)?)"
_RATE = re.compile(rf"{_AMOUNT}(?:{PER_SECOND}|s)?", re.IGNORECASE)
_SIZE = re.compile(_AMOUNT, re.IGNORECASE)
_BARE_PREFIX = re.compile(r"(k|m|g|t)(?:/s|ps)?", re.IGNORECASE)
_PREFIXES = {"": "", "k": "k", "kilo": "k", "m": "M", "mega": "M", "g": "G", "giga": "G", "t": "T"}

_TIMES = {
    "d": "days day d",
    "h": "hours hour hrs hr h",
    "min": "minutes minute mins min mn",
    "s": "seconds second secs sec s",
    "ms": "milliseconds millisecond millisec msecs msec millis ms",
    "us": "microseconds microsecond microsec usecs usec micros us µs μs",
    "ns": "nanoseconds nanosecond nanosec nsecs nsec nanos ns",
    "week": "weeks week wk",
}
_TIME: dict[str, tuple[str, ...]] = {
    spelling: (unit,) for unit, spellings in _TIMES.items() for spelling in spellings.split()
}
_TIME["m"] = ("min", "ms")
_OTHERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "frequency": {
        "/s": ("/s",),
        "/sec": ("/s",),
        "/second": ("/s",),
        "per_s": ("/s",),
        "ps": ("/s",),
        "hz": ("Hz",),
        "khz": ("kHz",),
        "/minute": ("/min",),
        "/m": ("/min", "/ms"),
        "/hour": ("/h",),
        "/hr": ("/h",),
        "/day": ("/d",),
    },
    "angle": {
        "degrees": ("deg",),
        "degree": ("deg",),
        "degs": ("deg",),
        "°": ("deg",),
        "radians": ("rad",),
        "radian": ("rad",),
    },
    "power": {"watt": ("W",), "watts": ("W",), "milliwatt": ("mW",), "milliwatts": ("mW",), "µw": ("uW",)},
    "energy": {"joule": ("J",), "joules": ("J",), "millijoules": ("mJ",), "wh": ("Wh",)},
    "share": {"percent": ("%",), "per cent": ("%",), "pct": ("%",)},
}


def meant_by(unit: str, dimension: str) -> tuple[str, ...]:
    """Return the units that a spelling may mean, as scenarios write them; none where it means nothing.

    Several are returned where the letters leave it open: ``m`` is minutes or milliseconds, ``mb`` bits or bytes.
    """
    return _READERS.get(dimension, lambda spelling: _listed(spelling, dimension))(unit.strip())


def units_in(name: str, dimension: str) -> tuple[str, ...]:
    """Return the units that the end of a column's name may mean: ``RATE(MBit/s)``, ``rate_kbps``, ``time (us)``.

    A rate has to name its second: ``Mbs`` means nothing here. A name of several units, or of a share, is unclear.
    """
    found = _AT_END[dimension].search(name)
    if found is None or "%" in name:
        return ()
    others = _RATES_WITHIN.findall(name) if dimension == "data rate" else []
    units = [unit for spelling in (found[1], *others) for unit in meant_by(spelling, dimension)]
    return tuple(dict.fromkeys(units))


def without_unit(name: str, dimension: str) -> str:
    """Return a column's name without the unit at its end."""
    return _AT_END[dimension].sub("", name).strip() or name


def _time(unit: str) -> tuple[str, ...]:
    return _TIME.get(unit.lower(), ())


def _listed(unit: str, dimension: str) -> tuple[str, ...]:
    return _OTHERS.get(dimension, {}).get(unit.lower(), ())


def _rate(unit: str) -> tuple[str, ...]:
    if found := _RATE.fullmatch(unit):
        return tuple(f"{one}/s" for one in _bits_or_bytes(found[1], found[2], _case_is_lost(unit, found[2])))
    return _either(unit, "/s")


def _size(unit: str) -> tuple[str, ...]:
    if found := _SIZE.fullmatch(unit):
        # A size in b is rare: where no letter is large, it may well be bytes.
        lost = found[2] == "b" and unit.islower() and bool(found[1])
        return _bits_or_bytes(found[1], found[2], lost)
    return _either(unit, "")


def _bits_or_bytes(prefix: str, word: str, lost: bool) -> tuple[str, ...]:
    binary = prefix.lower().endswith("i")
    size = f"{prefix[0].upper()}i" if binary else _PREFIXES[prefix.lower()]
    if lost:
        return f"{size}bit", f"{size}B"
    is_bytes = word == "B" or word.lower().startswith("byte")
    return (f"{size}B" if is_bytes else f"{size}bit",)


def _case_is_lost(unit: str, word: str) -> bool:
    """Return whether a lone b or B shows nothing: all letters are large (``MBPS``), or all small (``mb/s``)."""
    if word not in ("b", "B"):
        return False
    if unit.isupper():
        # In KB/S the B is a letter of its own beside a slash; in KBPS it is one of an abbreviation in capitals.
        return unit.endswith("PS")
    return unit.startswith(("mb/", "gb/", "tb/"))


def _either(unit: str, per: str) -> tuple[str, ...]:
    found = _BARE_PREFIX.fullmatch(unit)
    size = _PREFIXES[found[1].lower()] if found else ""
    return (f"{size}bit{per}", f"{size}B{per}") if found else ()


_READERS: Mapping[str, Callable[[str], tuple[str, ...]]] = {"time": _time, "data rate": _rate, "size": _size}
#: A name of one letter is no unit of time but for h and s.
_TIME_WORDS = "|".join(sorted((re.escape(word) for word in _TIME if word != "d"), key=len, reverse=True))
_RATES_WITHIN = re.compile(rf"(?<![^_(\[\s])({_AMOUNT.replace('(', '(?:')}{PER_SECOND})(?![^\W_])", re.IGNORECASE)
_AT_END = {
    dimension: re.compile(rf"(?:^|[_(\[\s])({unit})\W*$", re.IGNORECASE)
    for dimension, unit in (("data rate", rf"(?:{_AMOUNT}){PER_SECOND}"), ("time", _TIME_WORDS))
}
