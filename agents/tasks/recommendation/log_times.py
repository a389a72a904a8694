"""Times of a log: numbers in one unit or dates, in any order; and rows that lie far from all others."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agents.tabular.arrow_arrays import as_numpy
from agents.tabular.moments import TIME_UNITS, compact_dates, epoch_unit, moment_s
from agents.tasks.recommendation.file_layout import is_number

#: Rows are alone if they are fewer than this share, and between them and the others lies more than that of the time.
_FEW, _GAP = 0.01, 0.9


class LogTimes:
    """Reads the times of one log, piece by piece; all are numbers, or all are dates laid out like ``layout``."""

    def __init__(self, layout: str | None = None) -> None:
        self._layout = layout
        self._counts: bool | None = None if layout is None else False

    def read(self, column: pa.ChunkedArray) -> np.ndarray:
        """Return a column of text as float64 [rows]: numbers as they stand, dates in seconds since 1970.

        Raises:
            ValueError: a cell that is neither, or not what those before it are.
        """
        cells = pc.utf8_trim_whitespace(column)
        if self._counts is None and len(cells):
            self._counts = is_number(cells[0].as_py())
        return self._numbers(cells) if self._counts else self._dates(cells)

    def wrong(self, cell: str) -> str | None:
        """Return what is wrong with one cell, or None."""
        if self._counts is not False:
            return None if is_number(cell) else f"{cell!r} is no number"
        try:
            moment_s(cell, self._layout)
        except ValueError as error:
            return str(error)
        return None

    def settled(self, values: np.ndarray, unit: str | None) -> np.ndarray:
        """Return all times of a log in seconds, as far as their unit is known: float64 [rows]."""
        if not self._counts:
            return values
        dates = compact_dates(values) if unit is None else None
        return values * TIME_UNITS[unit or "s"] if dates is None else dates

    def _numbers(self, cells: pa.ChunkedArray) -> np.ndarray:
        numbers = as_numpy(pc.cast(cells, pa.float64()))
        if not np.isfinite(numbers).all():
            raise ValueError("a time is not finite")
        return numbers

    def _dates(self, cells: pa.ChunkedArray) -> np.ndarray:
        coded = cells.combine_chunks().dictionary_encode()
        moments = np.array([moment_s(cell, self._layout) for cell in coded.dictionary.to_pylist()], np.float64)
        return np.asarray(moments[as_numpy(coded.indices)])


def refuse_unclear_unit(time_s: np.ndarray) -> None:
    """Refuse a compression of times that count in something else than seconds, without a word.

    Raises:
        ValueError: they look as if they counted ms, us or ns since 1970.
    """
    unit = epoch_unit(time_s)
    if unit not in (None, "s"):
        raise ValueError(
            f"times look as if they counted {unit} since 1970: write time_unit: {unit}, or s if they do not"
        )


def rows_apart(time_s: np.ndarray) -> str | None:
    """Return what is odd about a log of which a few rows lie far from all others: sorted times [s]; else None."""
    span_s, rows = float(time_s[-1] - time_s[0]), len(time_s)
    if not span_s:
        return None
    gaps_s = np.diff(time_s)
    at = int(gaps_s.argmax())
    before, after = at + 1, rows - at - 1
    few = min(before, after)
    if gaps_s[at] <= _GAP * span_s or few > max(1, _FEW * rows) or rows < 3:
        return None
    first = before <= after
    which = f"1 of its {rows:,} interactions lies" if few == 1 else f"{few:,} of its {rows:,} interactions lie"
    where = _written(float(time_s[0] if first else time_s[-1]))
    others = _written(float(time_s[at + 1] if first else time_s[at]))
    side = "before" if first else "after"
    share = f"{gaps_s[at] / span_s:.0%} of the time span {side} the others"
    return f"{which} at {where}, {share}, at {others}: remove the rows whose time is missing or wrong"


def _written(at_s: float) -> str:
    """Return a time, and its date if it can be one."""
    if 0 <= at_s < 4e9 and (at_s == 0 or at_s > 1e8):
        return f"{at_s:.15g} ({datetime.fromtimestamp(at_s, UTC):%Y-%m-%d})"
    return f"{at_s:.15g}"
