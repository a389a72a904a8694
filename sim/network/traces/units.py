"""The units that traces are written in, declared by the user or read off a column's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.tabular.moments import TIME_UNITS
from sim.unit_spellings import meant_by, units_in

__all__ = ["LATENCY", "RATE", "TIME", "TIME_UNITS", "Quantity"]

_SIZES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
RATE_UNITS: Mapping[str, float] = {
    f"{prefix}{unit}/s": factor * bits for unit, bits in (("bit", 1.0), ("B", 8.0)) for prefix, factor in _SIZES.items()
}
# What G-NetTrack writes, in units that its columns do not name.
_LOGGED = {
    "DL_bitrate": "kbit/s",
    "UL_bitrate": "kbit/s",
    **dict.fromkeys(("PINGAVG", "PINGMIN", "PINGMAX", "PINGSTDEV"), "ms"),
}


def rate_units(name: str) -> tuple[str, ...]:
    """Return the units of a rate that a column's name may mean; none if it names none, several if it is unclear.

    ``RATE(MBit/s)``, ``rate_kbps`` and ``down [B/s]`` name one; ``bandwidth`` does not; ``RATE (MBPS)`` is unclear.
    """
    return units_in(name, "data rate") or _logged(name, RATE_UNITS)


def time_units(name: str) -> tuple[str, ...]:
    """Return the units of time that a column's name may mean; ``time (m)`` is unclear: minutes or milliseconds."""
    return units_in(name, "time") or _logged(name, TIME_UNITS)


@dataclass(frozen=True)
class Quantity:
    """What a column holds.

    Attributes:
        name: in messages.
        units: it can be declared in -> base units.
        named_units: the units that a column's name may mean.
        dimension: as :mod:`sim.unit_spellings` calls it.
        column, unit: the keys of a scenario that name its column and its unit.
    """

    name: str
    units: Mapping[str, float]
    named_units: Callable[[str], tuple[str, ...]]
    dimension: str
    column: str = "column"
    unit: str = "unit"

    def declared(self, unit: str) -> float:
        """Return the base units of a unit that a scenario declares.

        Raises:
            ValueError: it is none; the message says what was probably meant.
        """
        if unit not in self.units:
            near = [one for one in meant_by(unit, self.dimension) if one in self.units]
            meant = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"{unit!r} is no unit of {self.name}; write one of {', '.join(self.units)}{meant}")
        return self.units[unit]


RATE = Quantity("rate", RATE_UNITS, rate_units, "data rate")
LATENCY = Quantity("latency", TIME_UNITS, time_units, "time")
TIME = Quantity("time", TIME_UNITS, time_units, "time", "time_column", "time_unit")


def _logged(name: str, units: Mapping[str, float]) -> tuple[str, ...]:
    unit = _LOGGED.get(name, "")
    return (unit,) if unit in units else ()
