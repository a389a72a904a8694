"""Claims judged over paired seeds: the laws of each kind, and the verdict that their margins allow."""

from analysis.claims.margins import Evidence, Finding, judged
from analysis.claims.series import Series, series_of

__all__ = ["Evidence", "Finding", "Series", "judged", "series_of"]
