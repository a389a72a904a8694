"""Arrays that grow: what the compiled engine reads lies in one piece, with room to spare."""

from __future__ import annotations

from typing import Any

import numpy as np


class Growing:
    """An array of records or numbers to which more are appended."""

    def __init__(self, kind: Any) -> None:
        self._values, self.count = np.zeros(16, kind), 0

    @property
    def array(self) -> np.ndarray:
        """All entries, and some that mean nothing yet."""
        return self._values

    def extend(self, values: Any) -> int:
        """Append values; return the place of the first."""
        first, self.count = self.count, self.count + len(values)
        if self.count > len(self._values):
            grown = np.zeros(max(2 * len(self._values), self.count), self._values.dtype)
            grown[:first] = self._values[:first]
            self._values = grown
        self._values[first : self.count] = values
        return first

    def add(self, **fields: Any) -> int:
        """Append a record; return its place."""
        record: Any = np.zeros(1, self._values.dtype)
        for name, value in fields.items():
            record[name] = value
        return self.extend(record)
