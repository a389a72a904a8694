"""Putting the features of a table on one scale, by what the past tells alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaling:
    """Means and standard deviations of the past, float64 [features]; they fill gaps, too.

    Categories are left at 0 and 1. A feature that was constant, or never there, in the past is moved and not stretched.
    """

    fill: np.ndarray
    centre: np.ndarray
    stretch: np.ndarray

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

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return rows as models see them: float32 [rows, features], no gaps."""
        filled = np.where(np.isnan(rows), self.fill, rows)
        scaled: np.ndarray = ((filled - self.centre) / self.stretch).astype(np.float32)
        return scaled
