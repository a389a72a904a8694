"""Which rows of a table each device replays, and when."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from agents.contract import FleetSpec, InputError
from agents.streams.base import BlockId

#: A device that begins again whenever its rows are out never runs out of them.
_ENDLESS = 1 << 62


class RowAssignment:
    """Rows 0 to n - 1 dealt to the devices of the fleet; each keeps their order.

    ``share`` says of each row whose it is, ``shares`` how many there are. Device d has share d: one device more takes a
    free share, or, where shares are as many as devices, all are assigned again.
    """

    def __init__(self, spec: FleetSpec, share: np.ndarray, shares: int, repeat: bool) -> None:
        self._sizes = [cohort.devices for cohort in spec.cohorts]
        self._before = [0, *accumulate(self._sizes)]
        self._count = np.bincount(share, minlength=shares)
        if spec.devices > np.count_nonzero(self._count):
            there = int(np.count_nonzero(self._count))
            raise InputError("fleet", f"has {spec.devices} devices, but the table's rows are dealt to {there} only")
        self._order = np.argsort(share, kind="stable")
        self._first = np.cumsum(self._count) - self._count
        self._repeat, self._times_s = repeat, [np.empty(0)]

    def with_times(self, times_s: np.ndarray) -> None:
        """Learn when each row was recorded [s], in virtual time: float64 [rows], never falling."""
        self._times_s = np.split(times_s[self._order], self._first[1:])

    def count(self, block: BlockId) -> np.ndarray:
        """Return how many samples each device of the block has, int64 [devices]."""
        count = self._of(block, self._count)
        return np.where(count > 0, _ENDLESS, 0) if self._repeat else count

    def rows(self, block: BlockId, ordinal: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Return the row that each sample shows, int64 like ``ordinal`` [devices, samples]; 0 for padding."""
        first, count = self._of(block, self._first)[:, None], self._of(block, self._count)[:, None]
        ordinal = np.where(valid, ordinal, 0) % np.maximum(count, 1)
        return np.where(valid, self._order[np.where(valid, first + ordinal, 0)], 0)

    def times_s(self, block: BlockId) -> list[np.ndarray]:
        """Return when each device of the block sees its rows [s]: sorted, float64 [rows] each."""
        devices = self._devices(block)
        empty = [np.empty(0)] * (block.width - (devices.stop - devices.start))
        return self._times_s[devices] + empty

    def _of(self, block: BlockId, values: np.ndarray) -> np.ndarray:
        devices = self._devices(block)
        filled = np.zeros(block.width, np.int64)
        filled[: devices.stop - devices.start] = values[devices]
        return filled

    def _devices(self, block: BlockId) -> slice:
        """Return which devices of the fleet the block holds; rows beyond its cohort belong to no device."""
        begin, end = self._before[block.cohort], self._before[block.cohort + 1]
        first = min(begin + block.block * block.width, end)
        return slice(first, min(first + block.width, end))


def shares_of(rows: int, devices: int, deal: str) -> np.ndarray:
    """Return whose each of ``rows`` is when dealt to ``devices``: int64 [rows].

    ``round_robin``: one each in turn, so that all see the same time; ``contiguous``: a stretch each, equally long
    but for one row.
    """
    if deal == "round_robin":
        return np.arange(rows) % devices
    return np.arange(rows) * devices // max(rows, 1)


def owners_from(owners: np.ndarray) -> np.ndarray:
    """Return owners renumbered in the order of their first row: int64 [rows]."""
    _, first, number = np.unique(owners, return_index=True, return_inverse=True)
    return np.asarray(first.argsort().argsort()[number.reshape(-1)])


#: Standard deviations that the middle half of a normal law is wide.
_MIDDLE_HALF = 1.349


@dataclass(frozen=True)
class Scaling:
    """Where the past lies and how far it spreads, float64 [features]; its means fill gaps.

    Categories are left at 0 and 1. A feature that was constant, or never there, in the past is moved and not stretched.
    """

    fill: np.ndarray
    centre: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, past: np.ndarray, numeric: np.ndarray) -> Scaling:
        """Learn from rows of the past, float64 [rows, features], NaN where a value is missing."""
        there = ~np.isnan(past)
        known = np.maximum(there.sum(0), 1)
        mean = np.where(there, past, 0.0).sum(0) / known
        spread = np.sqrt((np.where(there, past - mean, 0.0) ** 2).sum(0) / known)
        # Rounding alone makes a constant column look as if it varied a little.
        varies = spread > 1e-9 * np.maximum(np.abs(mean), 1e-300)
        return cls(mean, np.where(numeric, mean, 0.0), np.where(numeric & varies, spread, 1.0))

    @classmethod
    def robust(cls, past: np.ndarray, numeric: np.ndarray) -> Scaling:
        """Learn medians, and spreads from the middle half of the values, which outliers do not move.

        The middle half of a normal law is 1.349 standard deviations wide. A feature whose middle half is one value
        is scaled by its standard deviation.
        """
        plain = cls.of(past, numeric)
        known = np.where(np.isnan(past).all(0), 0.0, past)
        low, middle, high = np.nanquantile(known, [0.25, 0.5, 0.75], axis=0)
        wide = numeric & (high - low > 1e-9 * np.maximum(np.abs(middle), 1e-300))
        spread = np.where(wide, (high - low) / _MIDDLE_HALF, plain.spread)
        return cls(np.where(numeric, middle, plain.fill), np.where(numeric, middle, 0.0), spread)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return rows as models see them: float32 [rows, features], no gaps."""
        filled = np.where(np.isnan(rows), self.fill, rows)
        scaled: np.ndarray = ((filled - self.centre) / self.spread).astype(np.float32)
        return scaled
