"""The transfers through a queue, one row a message, and their sums by tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from struct import Struct

import numpy as np

from sim.kernel.row_store import RowStore


class Transfer:
    """One message on one link (or one request at the cloud). Times in seconds, ``inf`` until known.

    ``start_s`` and ``end_s`` bound its transmission (its service), ``arrive_s`` is when its last bit arrives,
    ``dropped_s`` when it was lost, aborted or rejected.
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


_MOMENTS = ("offered", "start", "end", "arrive", "dropped")
_COUNTS = ("instance", "nbytes", "retransmitted_bytes")
_COLUMNS: dict[str, type] = {name: np.int64 if name in _COUNTS else np.float64 for name in Transfer.__slots__}


#: A transfer whose times are all known, and how its numbers lie in memory.
_NOTE = np.dtype([(name, _COLUMNS[name]) for name in ("instance", *(f"{at}_s" for at in _MOMENTS), *_COUNTS[1:])])
_PACK = Struct("=qdddddqq").pack


def _is_over(transfer: Transfer) -> bool:
    """Return whether a transfer will never change again: its end is recorded last."""
    return transfer.arrive_s < inf or transfer.dropped_s < inf


@dataclass(frozen=True)
class TickSums:
    """Sums of a link, one entry a tick.

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


class TransferLog:
    """All transfers of a link, in the order of their offers.

    ``servers`` is how many transfers of one instance can be served at the same moment: a link is busy once,
    however many messages share it; of a cloud's workers as many are busy as there are requests.
    """

    def __init__(self, servers: float = 1.0) -> None:
        self._transfers = RowStore[Transfer](_COLUMNS, _is_over)
        self._notes = bytearray()
        self._servers = servers

    def add(self, transfer: Transfer) -> Transfer:
        """Add one; it is checked again until it has arrived or was dropped."""
        return self._transfers.add(transfer)

    def note(
        self,
        instance: int,
        offered_s: float,
        start_s: float,
        end_s: float,
        arrive_s: float,
        dropped_s: float,
        nbytes: int,
        retransmitted_bytes: int,
    ) -> None:
        """Add one of which all is known as it enters."""
        self._notes += _PACK(instance, offered_s, start_s, end_s, arrive_s, dropped_s, nbytes, retransmitted_bytes)

    def extend(self, columns: Mapping[str, np.ndarray]) -> None:
        """Add many transfers at once: one array for each of ``Transfer.__slots__``."""
        self._transfers.extend(columns)

    def per_tick(self, edges_s: np.ndarray) -> TickSums:
        """Sum over ticks that end at ``edges_s`` [s]."""
        column = self._sorted_columns()
        bins = _Bins(edges_s)
        offered_s, start_s, end_s = column["offered_s"], column["start_s"], column["end_s"]
        dropped_s, nbytes = column["dropped_s"], column["nbytes"]
        offered, started, dropped = (np.cumsum(bins.count(at)) for at in (offered_s, start_s, dropped_s))
        began = np.isfinite(start_s)
        busy = _busy_levels(column["instance"], start_s, end_s, self._servers)
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
            busy_s=bins.area(*busy),
            waiting_s=bins.total(start_s[began], start_s[began] - offered_s[began]),
            waited=bins.count(start_s),
        )

    def _sorted_columns(self) -> dict[str, np.ndarray]:
        """Return all columns in one order, independent of the order of insertion: sums of floats depend on it."""
        notes = np.frombuffer(bytes(self._notes), _NOTE)
        column = {name: np.concatenate([values, notes[name]]) for name, values in self._transfers.columns().items()}
        order = _order_of(column)
        # One by one: of a long run's columns not all need to exist twice.
        return {name: column.pop(name)[order] for name in list(column)}


def _order_of(column: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the order of transfers by their times, then by instance and size."""
    offered_s = column["offered_s"]
    order = np.argsort(offered_s, kind="stable")
    in_order = offered_s[order]
    # Few are offered at the same moment: only then does anything else matter.
    tied = np.append(False, in_order[1:] == in_order[:-1])
    if tied.any():
        tied[:-1] |= tied[1:]
        some = order[tied]
        names = ("nbytes", "instance", "end_s", "start_s", "offered_s")
        order[tied] = some[np.lexsort([column[name][some] for name in names])]
    return order


def _busy_levels(
    instance: np.ndarray, start_s: np.ndarray, end_s: np.ndarray, servers: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return when the number of busy servers changes, over all instances, and by how much: (times [s], changes)."""
    began = np.isfinite(start_s)
    at_s = np.concatenate([start_s[began], end_s[began]])
    change = np.repeat([1.0, -1.0], np.count_nonzero(began))
    if servers < inf:
        # Instance by instance, for each has servers of its own; what begins there also ends there, if at infinity.
        order = np.lexsort((at_s, np.tile(instance[began], 2)))
        at_s, change = at_s[order], np.diff(np.minimum(np.cumsum(change[order]), servers), prepend=0.0)
    known = np.isfinite(at_s)
    return at_s[known], change[known]


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

    def area(self, at_s: np.ndarray, change: np.ndarray) -> np.ndarray:
        """Return for each tick the integral of a level that starts at 0 and changes at ``at_s`` by ``change``."""
        index = self._index(at_s)
        inside = index < self._ticks
        at_s, change, index = at_s[inside], change[inside], index[inside]
        width_s = np.diff(self._edges_s, prepend=0.0)
        total = np.bincount(index, weights=change, minlength=self._ticks)
        within_s = np.bincount(index, weights=change * (self._edges_s[index] - at_s), minlength=self._ticks)
        return (np.cumsum(total) - total) * width_s + within_s
