"""What crossed a queue, one passage a message, and what that makes of each tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np


class Passage:
    """One message on one line (or one request at the cloud). Times in seconds, ``inf`` until known.

    ``start_s`` and ``end_s`` bound its transmission (its service), ``arrive_s`` is when its last bit arrives,
    ``dropped_s`` when it was lost, broken off or turned away.
    """

    __slots__ = (
        "arrive_s",
        "dropped_s",
        "end_s",
        "instance",
        "nbytes",
        "offered_s",
        "retransmitted_bytes",
        "start_s",
    )

    def __init__(
        self,
        instance: int,
        offered_s: float,
        nbytes: int,
        start_s: float = inf,
        end_s: float = inf,
        arrive_s: float = inf,
        dropped_s: float = inf,
        retransmitted_bytes: int = 0,
    ) -> None:
        self.instance = instance
        self.offered_s = offered_s
        self.nbytes = nbytes
        self.start_s = start_s
        self.end_s = end_s
        self.arrive_s = arrive_s
        self.dropped_s = dropped_s
        self.retransmitted_bytes = retransmitted_bytes


@dataclass(frozen=True)
class TickSums:
    """What a line did, one entry a tick.

    Attributes:
        offered, started, arrived, dropped: messages since the start of the run, int64.
        *_bytes: likewise; a message is delivered when its last bit arrives.
        queue: messages that wait at the end of the tick, int64.
        busy_s: how long instances had something to send within the tick, summed over instances.
        waiting_s, waited: sum of the waits of the messages that started within the tick, and how many they are.
    """

    offered: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    dropped: np.ndarray
    offered_bytes: np.ndarray
    delivered_bytes: np.ndarray
    dropped_bytes: np.ndarray
    retransmitted_bytes: np.ndarray
    queue: np.ndarray
    busy_s: np.ndarray
    waiting_s: np.ndarray
    waited: np.ndarray


class PassageLog:
    """All passages of a line, in the order of their offers.

    ``parallel`` says that passages of one instance run side by side on servers of their own (a cloud's workers), so
    that two at once are twice the work; otherwise they share one line, which is busy once.
    """

    def __init__(self, parallel: bool = False) -> None:
        self.passages: list[Passage] = []
        self._columns: list[Mapping[str, np.ndarray]] = []
        self._parallel = parallel

    def add(self, passage: Passage) -> Passage:
        self.passages.append(passage)
        return passage

    def extend(self, columns: Mapping[str, np.ndarray]) -> None:
        """Add many passages at once: one array for each of ``Passage.__slots__``."""
        self._columns.append(columns)

    def per_tick(self, edges_s: np.ndarray) -> TickSums:
        """Sum over ticks that end at ``edges_s`` [s]."""
        column = self._sorted_columns()
        bins = _Bins(edges_s)
        offered_s, start_s, end_s = column["offered_s"], column["start_s"], column["end_s"]
        dropped_s, nbytes = column["dropped_s"], column["nbytes"]
        offered, started, dropped = (np.cumsum(bins.count(at)) for at in (offered_s, start_s, dropped_s))
        began = np.isfinite(start_s)
        busy = (start_s, end_s) if self._parallel else _united(column["instance"], start_s, end_s)
        dropped_waiting = np.cumsum(bins.count(dropped_s[np.isinf(start_s)]))
        return TickSums(
            offered=offered,
            started=started,
            ended=np.cumsum(bins.count(np.where(np.isinf(dropped_s), end_s, inf))),
            dropped=dropped,
            offered_bytes=bins.so_far(offered_s, nbytes),
            delivered_bytes=bins.so_far(np.where(np.isinf(dropped_s), column["arrive_s"], inf), nbytes),
            dropped_bytes=bins.so_far(dropped_s, nbytes),
            retransmitted_bytes=bins.so_far(np.minimum(end_s, dropped_s), column["retransmitted_bytes"]),
            queue=offered - started - dropped_waiting,
            busy_s=bins.overlap(*busy),
            waiting_s=bins.total(start_s[began], start_s[began] - offered_s[began]),
            waited=bins.count(start_s),
        )

    def _sorted_columns(self) -> dict[str, np.ndarray]:
        """Return all columns in one order, however passages came in: sums of floats depend on it."""
        column = {name: self._column(name) for name in Passage.__slots__}
        order = np.lexsort([column[name] for name in ("nbytes", "instance", "end_s", "start_s", "offered_s")])
        return {name: values[order] for name, values in column.items()}

    def _column(self, name: str) -> np.ndarray:
        told = np.array([getattr(passage, name) for passage in self.passages], np.float64)
        return np.concatenate([told, *(columns[name] for columns in self._columns)])


def _united(instance: np.ndarray, start_s: np.ndarray, end_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the union of the intervals of each instance as disjoint ones: (starts, ends) [s]."""
    began = np.isfinite(start_s)
    instance, start_s, end_s = instance[began], start_s[began], end_s[began]
    order = np.lexsort((start_s, instance))
    instance, start_s, end_s = instance[order], start_s[order], end_s[order]
    if not len(order):
        return start_s, end_s
    # Latest end so far, instance by instance: instances are numbered, so lift each above all before it.
    first = np.r_[True, instance[1:] != instance[:-1]]
    group = np.cumsum(first) - 1
    rank = np.empty(len(end_s))
    by_end = np.argsort(end_s, kind="stable")
    rank[by_end] = np.arange(len(end_s))
    latest = np.maximum.accumulate(group * len(end_s) + rank) - group * len(end_s)
    reach_s = end_s[by_end][latest.astype(np.int64)]
    opens = first | (start_s > np.r_[-inf, reach_s[:-1]])
    last = np.r_[np.flatnonzero(opens)[1:] - 1, len(end_s) - 1]
    return start_s[opens], reach_s[last]


class _Bins:
    """Ticks as half-open intervals (after, until]; a time of 0 belongs to the first."""

    def __init__(self, edges_s: np.ndarray) -> None:
        self._ticks = len(edges_s)
        self._edges_s = edges_s

    def _index(self, at_s: np.ndarray) -> np.ndarray:
        """Return the tick of each time; the number of ticks stands for after the end."""
        return np.searchsorted(self._edges_s, at_s, side="left")

    def count(self, at_s: np.ndarray) -> np.ndarray:
        return np.bincount(self._index(at_s), minlength=self._ticks + 1)[: self._ticks]

    def total(self, at_s: np.ndarray, amount: np.ndarray) -> np.ndarray:
        index = self._index(at_s)
        inside = index < self._ticks
        return np.bincount(index[inside], weights=amount[inside], minlength=self._ticks)

    def so_far(self, at_s: np.ndarray, amount: np.ndarray) -> np.ndarray:
        return np.cumsum(self.total(at_s, amount)).astype(np.int64)

    def overlap(self, start_s: np.ndarray, end_s: np.ndarray) -> np.ndarray:
        """Return for each tick the total length of the intervals' parts within it [s]."""
        # Work done by time T is the sum of (T - start) over those begun minus (T - end) over those ended.
        done_s = self._since(start_s) - self._since(end_s)
        return np.diff(done_s, prepend=0.0)

    def _since(self, at_s: np.ndarray) -> np.ndarray:
        count = np.cumsum(self.count(at_s))
        total = np.cumsum(self.total(at_s, at_s))
        return self._edges_s * count - total
