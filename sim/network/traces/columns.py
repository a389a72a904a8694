"""Which columns of a table hold time and value, in which units: declared, found from a name, or refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.tabular.columns import is_number
from sim.network.traces.text import TraceText
from sim.network.traces.units import TIME, Quantity

_TIME_NAME = re.compile(r"(time|timestamp|date|datetime|seconds?|t|ms|s)(\b|_|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """The user's options for a table: columns by name, or by number from 1, and units; None is inferred."""

    value: str | int | None = None
    value_unit: str | None = None
    time: str | int | None = None
    time_unit: str | None = None


class Layout:
    """The columns of one table, found from its first line.

    Args:
        text: the file.
        fields: its first line, split.
        asked: the user's options.
        quantity: what the value column holds.

    Raises:
        TraceError: a column that is not there, or that is not clear; a unit that is none.
    """

    def __init__(self, text: TraceText, fields: list[str], asked: Columns, quantity: Quantity) -> None:
        self._text = text
        self._line = text.lines[0][0]
        self.named = not any(is_number(field) for field in fields)
        self.names = fields if self.named else [str(i + 1) for i in range(len(fields))]
        self.time_at = self._find(asked.time, self._time_columns(), "time_column")
        self.value_at = self._find(asked.value, self._value_columns(quantity), f"{quantity.name}_column")
        self.value_factor = self._factor(self.value_at, asked.value_unit, quantity)
        self._time_unit = asked.time_unit

    @property
    def time_factor(self) -> float:
        """Return the seconds of one unit of the time column: asked only where times are numbers."""
        return self._factor(self.time_at, self._time_unit, TIME)

    def _find(self, asked: str | int | None, candidates: list[int], option: str) -> int:
        if asked is None:
            if len(candidates) == 1:
                return candidates[0]
            raise self._error(f"more than one reading of this table is possible: set {option} to one of its columns")
        name = str(asked)
        if name in self.names:
            return self.names.index(name)
        if isinstance(asked, int) and 1 <= asked <= len(self.names):
            return asked - 1
        raise self._error(f"there is no column {name!r}")

    def _time_columns(self) -> list[int]:
        if self.named:
            return [i for i, name in enumerate(self.names) if _TIME_NAME.match(name)][:1]
        return [0] if len(self.names) == 2 else []

    def _value_columns(self, quantity: Quantity) -> list[int]:
        others = [i for i in range(len(self.names)) if i != self.time_at]
        naming = [i for i in others if self.named and quantity.named_unit(self.names[i]) is not None]
        return naming or (others if len(others) == 1 else [])

    def _factor(self, column: int, declared: str | None, quantity: Quantity) -> float:
        name, units = self.names[column], ", ".join(quantity.units)
        if declared is not None:
            if declared not in quantity.units:
                raise self._error(f"{declared!r} is no unit of {quantity.name}; write one of {units}")
            return quantity.units[declared]
        named_unit = quantity.named_unit(name) if self.named else None
        if named_unit is None:
            raise self._error(f"the unit of {quantity.name} (column {name}) is not known; declare one of {units}")
        return named_unit

    def _error(self, message: str) -> Exception:
        return self._text.error(self._line, f"{message}; its columns are {', '.join(self.names)}")
