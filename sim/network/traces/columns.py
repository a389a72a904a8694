"""Which columns of a table hold time and value, in which units: declared, found from a name, or refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.tabular.moments import is_moment
from agents.tabular.spelling import Spelling
from sim.network.traces.text import TraceText
from sim.network.traces.units import RATE, TIME, Quantity

_TIME_NAME = re.compile(
    r"(time|timestamp|date|datetime|days?|hours?|minutes?|mins?|seconds?|secs?|msecs?|usecs?|[tsh]|ms|us|ns)(\b|_|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Columns:
    """The user's options for a table: columns by name, or by number from 1, and units; None is inferred."""

    value: str | int | None = None
    value_unit: str | None = None
    time: str | int | None = None
    time_unit: str | None = None
    decimal: str = "."
    thousands: str | None = None
    skip: int = 0
    time_format: str | None = None


#: A column of how long each row lasts stands for one of times, where there is none.
_LASTING_NAME = re.compile(r"(duration|dur|length|lasts)(\b|_|$)", re.IGNORECASE)


class Layout:
    """The columns of one table, found from its first line; ``lasting``: its times say how long each row lasts.

    Args:
        text: the file.
        fields: its first line, split.
        asked: the user's options.
        quantity: what the value column holds.

    Raises:
        TraceError: a column that is not there, or that is not clear; a unit that is none.
    """

    def __init__(self, text: TraceText, fields: list[str], asked: Columns, quantity: Quantity) -> None:
        self._text, self.spelling = text, Spelling(asked.decimal, asked.thousands)
        self._line = text.head[0][0]
        self.named = not any(map(self.spelling.is_number, fields))
        self.names = fields if self.named else [str(i + 1) for i in range(len(fields))]
        self.time_at = self._find(asked.time, self._time_columns(), TIME)
        self.lasting = self.named and bool(_LASTING_NAME.match(self.names[self.time_at]))
        self.value_at = self._find(asked.value, self._value_columns(quantity), quantity)
        if self.value_at == self.time_at:
            raise self._error(
                f"'{self.names[self.time_at]}' cannot be the column of the time and of the {quantity.name}"
            )
        self.value_factor = self._factor(self.value_at, asked.value_unit, quantity)
        self.time_unit, self.time_format = asked.time_unit, asked.time_format

    @property
    def time_factor(self) -> float:
        """Return the seconds of one unit of the time column: asked only where times are numbers."""
        return self._factor(self.time_at, self.time_unit, TIME)

    @property
    def time_is_named(self) -> bool:
        """Whether the unit of times is declared or stands in the name of their column."""
        return self.time_unit is not None or bool(self.named and TIME.named_units(self.names[self.time_at]))

    def _find(self, asked: str | int | None, candidates: list[int], quantity: Quantity) -> int:
        if asked is None:
            if len(candidates) == 1:
                return candidates[0]
            key = f"'{quantity.column}: {self._example(candidates, quantity)}'"
            raise self._error(f"the column of the {quantity.name} is not clear: write for example {key}")
        name = str(asked)
        if self.names.count(name) == 1:
            return self.names.index(name)
        if isinstance(asked, int) and 1 <= asked <= len(self.names):
            return asked - 1
        raise self._error(f"{quantity.column}: there is no column {name!r}")

    def _example(self, candidates: list[int], quantity: Quantity) -> str | int:
        """Return a column that may be meant: one that no unit gives to the other quantity, by number if need be."""
        others = RATE if quantity is TIME else TIME
        free = [n for n, name in enumerate(self.names) if not others.named_units(name)]
        likely = candidates or free or [len(self.names) - 1]
        at = next((n for n in likely if self._may_hold(n, quantity)), likely[0])
        name = self.names[at]
        plain = self.names.count(name) == 1 and name.isprintable() and re.fullmatch(r"[A-Za-z_][\w .()/%-]*", name)
        return name if plain else at + 1

    def _may_hold(self, column: int, quantity: Quantity) -> bool:
        """Return whether the first rows hold numbers there, or moments for times, that are not all the same."""
        rows = [self._text.split(line) for _, line in self._text.head[int(self.named) :]]
        cells = [row[column] for row in rows if len(row) == len(self.names) and row[column] not in ("", "-")]
        if quantity is TIME and cells and all(map(is_moment, cells)):
            return len(set(cells)) > 1
        if not cells or not all(map(self.spelling.is_number, cells)):
            return False
        values = [self.spelling.number(cell) for cell in cells]
        return len(set(values)) > 1 and (quantity is not TIME or values == sorted(values))

    def _time_columns(self) -> list[int]:
        if self.named:
            times = [i for i, name in enumerate(self.names) if _TIME_NAME.match(name)]
            return times or [i for i, name in enumerate(self.names) if _LASTING_NAME.match(name)]
        return [0] if len(self.names) == 2 else []

    def _value_columns(self, quantity: Quantity) -> list[int]:
        others = [i for i in range(len(self.names)) if i != self.time_at]
        naming = [i for i in others if self.named and quantity.named_units(self.names[i])]
        return naming or (others if len(others) == 1 else [])

    def _factor(self, column: int, declared: str | None, quantity: Quantity) -> float:
        if declared is not None:
            try:
                return quantity.declared(declared)
            except ValueError as error:
                raise self._error(f"{quantity.unit}: {error}") from None
        name = self.names[column]
        named = [unit for unit in (quantity.named_units(name) if self.named else ()) if unit in quantity.units]
        if len(named) == 1:
            return quantity.units[named[0]]
        said = f"may be {' or '.join(named)}" if named else "is not known"
        write = " or ".join(f"'{quantity.unit}: {unit}'" for unit in named or _EXAMPLES[quantity.dimension])
        raise self._error(f"the unit of {quantity.name} (column {name}) {said}: write {write}")

    def _error(self, message: str) -> Exception:
        return self._text.error(self._line, f"{message}; its columns are {', '.join(self.names)}")


#: Units that remedies show where a column names none.
_EXAMPLES = {"data rate": ("kbit/s", "Mbit/s", "kB/s"), "time": ("ms", "s")}
