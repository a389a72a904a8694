"""``arrivals: recorded``: samples arrive when the data say they did."""

from __future__ import annotations

from math import inf

import numpy as np

from agents.contract import CohortSpec
from agents.streams.base import BlockId, Supply

#: Devices looked at at once when a cohort's record is measured.
_WIDTH = 256
#: Shortest gap that cells are made for [s]: the rest of a run is walked through in cells of so many.
_SHORTEST_S = 1.0 / 16.0


class Recordings:
    """The recorded times of one cohort's devices, and what they need of a ring.

    ``interval_s`` is the record's length over the samples of its busiest device, infinite if no device has any.

    Raises:
        ValueError: the task's data hold no times.
    """

    def __init__(self, spec: CohortSpec, supply: Supply | None) -> None:
        if supply is None:
            raise ValueError("arrivals: recorded needs data that are replayed; use poisson or periodic")
        self._spec, self._supply = spec, supply
        self.interval_s = _usual_gap_s(self._all())

    def chunk(self, block_id: BlockId, from_s: float, until_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return (times, ordinals) of samples in (from, until], [devices, samples]; a sample at 0 is in the first."""
        spans = [_span(times_s, from_s, until_s) for times_s in self._supply.times_s(block_id)]
        widest = max((end - first for first, end in spans), default=0)
        time_s = np.full((block_id.width, max(widest, 1)), inf)
        for row, ((first, end), times_s) in enumerate(zip(spans, self._supply.times_s(block_id), strict=True)):
            time_s[row, : end - first] = times_s[first:end]
        return time_s, np.array([first for first, _ in spans])[:, None] + np.arange(time_s.shape[1])

    def most_within(self, span_s: float) -> int:
        """Return the most samples that any device has within ``span_s``."""
        return max((_densest(times_s, span_s) for times_s in self._all()), default=0)

    def _all(self) -> list[np.ndarray]:
        blocks = range(-(-self._spec.devices // _WIDTH))
        block_ids = [BlockId(self._spec.index, block, _WIDTH) for block in blocks]
        return [times_s for block_id in block_ids for times_s in self._supply.times_s(block_id)]


def _span(times_s: np.ndarray, from_s: float, until_s: float) -> tuple[int, int]:
    first = 0 if from_s == 0 else int(np.searchsorted(times_s, from_s, side="right"))
    return first, int(np.searchsorted(times_s, until_s, side="right"))


def _usual_gap_s(record: list[np.ndarray]) -> float:
    """Return the whole record's length over the samples of its busiest device; infinity if it is empty.

    Not the gaps of one device: people come in bursts, and cells as short as a burst would be nearly all empty.
    """
    most = max((len(times_s) for times_s in record), default=0)
    if not most:
        return inf
    last_s = max(float(times_s[-1]) for times_s in record if len(times_s))
    return max(last_s / most, _SHORTEST_S)


def _densest(times_s: np.ndarray, span_s: float) -> int:
    if not len(times_s):
        return 0
    ends = np.searchsorted(times_s, times_s + span_s, side="right")
    return int((ends - np.arange(len(times_s))).max())
