"""What crossed a queue, one row a message, and what that makes of each tick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


class MessageLog:
    """Rows (offered, started, ended, arrived [s], bytes), in the order of the offers."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float, float, int]] = []

    def add(self, offered_s: float, start_s: float, end_s: float, arrive_s: float, nbytes: int) -> None:
        self._rows.append((offered_s, start_s, end_s, arrive_s, nbytes))

    def __len__(self) -> int:
        return len(self._rows)

    def per_tick(self, edges_s: np.ndarray) -> TickSums:
        """Sum the rows over ticks that end at ``edges_s`` [s]."""
        return TickSums.of(np.array(self._rows, np.float64).reshape(-1, 5), edges_s)


@dataclass(frozen=True)
class TickSums:
    """What a queue did, one entry a tick.

    Attributes:
        offered, started, ended: messages since the start of the run, int64.
        offered_bytes, delivered_bytes: likewise; a message is delivered when its last bit arrives.
        busy_s: work done within the tick, summed over servers or instances.
        waiting_s: sum of the waits of the messages that started within the tick.
    """

    offered: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    offered_bytes: np.ndarray
    delivered_bytes: np.ndarray
    busy_s: np.ndarray
    waiting_s: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, edges_s: np.ndarray) -> TickSums:
        """Build from rows [messages, 5] as :class:`MessageLog` keeps them."""
        offered_s, start_s, end_s, arrive_s, nbytes = rows.T
        bins = _Bins(edges_s)
        started = bins.count(start_s)
        return cls(
            offered=np.cumsum(bins.count(offered_s)),
            started=np.cumsum(started),
            ended=np.cumsum(bins.count(end_s)),
            offered_bytes=np.cumsum(bins.total(offered_s, nbytes)).astype(np.int64),
            delivered_bytes=np.cumsum(bins.total(arrive_s, nbytes)).astype(np.int64),
            busy_s=bins.overlap(start_s, end_s),
            waiting_s=bins.total(start_s, start_s - offered_s),
        )


class _Bins:
    """Ticks as half-open intervals (after, until]; a time of 0 belongs to the first."""

    def __init__(self, edges_s: np.ndarray) -> None:
        self._ticks = len(edges_s)
        self.edges_s = edges_s

    def index(self, at_s: np.ndarray) -> np.ndarray:
        """Return the tick of each time; ``ticks`` stands for after the end."""
        return np.searchsorted(self.edges_s, at_s, side="left")

    def count(self, at_s: np.ndarray) -> np.ndarray:
        return np.bincount(self.index(at_s), minlength=self._ticks + 1)[: self._ticks]

    def total(self, at_s: np.ndarray, amount: np.ndarray) -> np.ndarray:
        index = self.index(at_s)
        inside = index < self._ticks
        return np.bincount(index[inside], weights=amount[inside], minlength=self._ticks)

    def overlap(self, start_s: np.ndarray, end_s: np.ndarray) -> np.ndarray:
        """Return for each tick the total length of the intervals' parts within it [s]."""
        # Work done by time T is the sum of (T - start) over those begun minus (T - end) over those ended.
        done_s = self._since(start_s) - self._since(end_s)
        return np.diff(done_s, prepend=0.0)

    def _since(self, at_s: np.ndarray) -> np.ndarray:
        count = np.cumsum(self.count(at_s))
        total = np.cumsum(self.total(at_s, at_s))
        return self.edges_s * count - total
