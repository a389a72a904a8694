"""The transfers through a queue, one row a message, and their sums by tick."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from struct import Struct

import numpy as np

from sim.kernel.row_store import RowStore
from sim.kernel.tick_sums import BusySpans, TickAdder, TickSums


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


class TransferLog:
    """All transfers of a link, in the order of their offers.

    ``servers`` is how many transfers of one instance can be served at the same moment: a link is busy once,
    however many messages share it; of a cloud's workers as many are busy as there are requests.
    """

    def __init__(self, servers: float = 1.0) -> None:
        self._transfers = RowStore[Transfer](_COLUMNS, _is_over)
        self._notes = bytearray()
        self._servers = servers
        self._adder: TickAdder | None = None
        self._spans = BusySpans(servers)

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

    def add_in_passing(self, edges_s: np.ndarray) -> np.ndarray:
        """Let transfers be added up by ticks that end at ``edges_s`` instead of being kept; return the sums."""
        self._adder = TickAdder(edges_s)
        return self._adder.sums

    def pass_by(self, columns: Mapping[str, np.ndarray]) -> None:
        """Add up many transfers that are over: one array for each of ``Transfer.__slots__``."""
        assert self._adder is not None, "sums are taken in passing"
        self._adder.add(columns)
        self._spans.add(columns["instance"], columns["start_s"], columns["end_s"])

    def settle(self, until_s: float) -> None:
        """Add up how long servers were busy until then: no transfer that is still to come begins before."""
        assert self._adder is not None, "sums are taken in passing"
        self._adder.add_busy(*self._spans.take(until_s))

    def per_tick(self, edges_s: np.ndarray) -> TickSums:
        """Sum over ticks that end at ``edges_s`` [s]; in passing, those that were said then."""
        if self._adder is not None:
            self.settle(inf)
            return self._adder.result()
        adder, spans, column = TickAdder(edges_s), BusySpans(self._servers), self._columns()
        adder.add(column)
        spans.add(column["instance"], column["start_s"], column["end_s"])
        adder.add_busy(*spans.take(inf))
        return adder.result()

    def _columns(self) -> dict[str, np.ndarray]:
        notes = np.frombuffer(bytes(self._notes), _NOTE)
        return {name: np.concatenate([values, notes[name]]) for name, values in self._transfers.columns().items()}
