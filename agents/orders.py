"""Orders: what the data plane does for each time that an exchange reaches, and in which batches that is exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from itertools import pairwise
from typing import Any

import numpy as np

from agents.contract import STAGES, ExchangeKind, Exchanges, Outcome, Phase, Stage


class Kind(IntEnum):
    """What a row orders; ``NOTE``: only that the exchange enters a phase."""

    COLLECT = 0
    ADAPT = 1
    INSTALL = 2
    NOTE = 3
    DISCARD = 4
    LEARN = 5
    BROADCAST = 6
    EXPIRE = 7
    ADOPT = 8
    CONFIRM = 9


@dataclass(frozen=True)
class Orders:
    """Orders in virtual-time order, one entry of each column a row.

    Attributes:
        kind: int8, a :class:`Kind`.
        ticket, device: int64.
        at_s: float64.
        phase: int8; what the exchange enters with it, ``UNDETECTED`` where it enters none.
        group: int64; tickets that the cloud serves together share it.
    """

    kind: np.ndarray
    ticket: np.ndarray
    device: np.ndarray
    at_s: np.ndarray
    phase: np.ndarray
    group: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: np.ndarray | slice) -> Orders:
        """Return some rows, in the order given."""
        kind, phase, group = self.kind[rows], self.phase[rows], self.group[rows]
        return Orders(kind, self.ticket[rows], self.device[rows], self.at_s[rows], phase, group)

    def only(self, *kinds: Kind) -> Orders:
        """Return the rows of some kinds."""
        wanted = np.zeros(len(Kind), bool)
        wanted[list(kinds)] = True
        return self.take(np.flatnonzero(wanted[self.kind]))

    @property
    def kinds(self) -> set[int]:
        """The kinds that there are rows of."""
        return set(self.kind.tolist())

    @property
    def entering(self) -> Orders:
        """The rows with which an exchange enters a phase."""
        return self.take(np.flatnonzero(self.phase != Phase.UNDETECTED))

    @classmethod
    def of(cls, rows: Sequence[tuple[Any, ...]]) -> Orders:
        """Return orders given one by one: (kind, ticket, device, at_s) and, where they matter, phase and group."""
        columns = list(zip(*((*row, 0, 0)[: len(_TYPES)] for row in rows), strict=True)) if rows else [()] * len(_TYPES)
        return cls(*(np.array(values, kind) for values, kind in zip(columns, _TYPES, strict=True)))


_TYPES = (np.int8, np.int64, np.int64, np.float64, np.int8, np.int64)

#: No orders at all.
NONE = Orders.of([])


def joined(parts: Sequence[Orders]) -> Orders:
    """Return the rows of all parts, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    return Orders(*(np.concatenate([getattr(one, name.name) for one in parts]) for name in fields(Orders)))


_UPDATE, _LEARN, _PUSH, _REPORT, _EXPIRY = ExchangeKind
#: Outcomes of attempts that came to something.
_WON = (Outcome.INSTALLED, Outcome.REPORTED)
#: (kind of exchange, stage) -> what is ordered there, and the phase that the exchange enters.
_ORDERED: dict[tuple[ExchangeKind, Stage], tuple[Kind, Phase]] = {
    (_UPDATE, Stage.SENT): (Kind.COLLECT, Phase.UPLINK),
    (_UPDATE, Stage.REACHED): (Kind.NOTE, Phase.CLOUD_QUEUE),
    (_UPDATE, Stage.STARTED): (Kind.NOTE, Phase.SERVICE),
    (_UPDATE, Stage.SERVED): (Kind.ADAPT, Phase.DOWNLINK),
    (_UPDATE, Stage.ENDED): (Kind.INSTALL, Phase.RESIDUAL),
    (_LEARN, Stage.SENT): (Kind.LEARN, Phase.LEARNING),
    (_LEARN, Stage.ENDED): (Kind.ADOPT, Phase.RESIDUAL),
    (_PUSH, Stage.SERVED): (Kind.BROADCAST, Phase.UNDETECTED),
    (_PUSH, Stage.ENDED): (Kind.INSTALL, Phase.UNDETECTED),
    (_REPORT, Stage.SENT): (Kind.COLLECT, Phase.UPLINK),
    (_REPORT, Stage.REACHED): (Kind.NOTE, Phase.CLOUD_QUEUE),
    (_REPORT, Stage.STARTED): (Kind.NOTE, Phase.SERVICE),
    # What the device knows is in the model of the cloud: what remains is up to the method.
    (_REPORT, Stage.SERVED): (Kind.ADAPT, Phase.RESIDUAL),
    (_REPORT, Stage.ENDED): (Kind.CONFIRM, Phase.UNDETECTED),
    (_EXPIRY, Stage.ENDED): (Kind.EXPIRE, Phase.UNDETECTED),
}
#: Kind of exchange -> the same at the end of an attempt that failed.
_FAILED: dict[ExchangeKind, tuple[Kind, Phase]] = {
    _UPDATE: (Kind.DISCARD, Phase.LOST),
    _LEARN: (Kind.DISCARD, Phase.LOST),
    _PUSH: (Kind.DISCARD, Phase.UNDETECTED),
    _REPORT: (Kind.DISCARD, Phase.LOST),
}
#: Where the second table stands behind the first; what is ordered where nothing is.
_AFTER_FAILURE, _NOTHING = STAGES, -1


def _table() -> np.ndarray:
    """Return (kind, phase) for each kind of exchange and stage: int8 [2, kinds of exchange, stages + 1]."""
    table = np.full((2, len(ExchangeKind), STAGES + 1), _NOTHING, np.int8)
    for (exchange, stage), ordered in _ORDERED.items():
        table[:, exchange, stage] = ordered
    for exchange, ordered in _FAILED.items():
        table[:, exchange, _AFTER_FAILURE] = ordered
    return table


_TABLE = _table()


def orders_of(exchanges: Exchanges) -> Orders:
    """Return what is to be done for exchanges, by time, then ticket, then attempt, then stage."""
    stage, row = np.nonzero(exchanges.news >> np.arange(STAGES, dtype=np.uint8)[:, None] & 1)
    outcome = exchanges.outcome[row]
    failed = (stage == Stage.ENDED) & ~np.isin(outcome, _WON)
    kind, phase = _TABLE[:, exchanges.kind[row], np.where(failed, _AFTER_FAILURE, stage)]
    # Whose update came too late enters no phase for that.
    phase[failed & (outcome == Outcome.SUPERSEDED)] = Phase.UNDETECTED
    ticket, at_s = exchanges.ticket[row], exchanges.at_s[stage, row]
    orders = Orders(kind, ticket, exchanges.device[row], at_s, phase, exchanges.group[row])
    order = np.lexsort((stage, exchanges.attempt[row], ticket, at_s))
    return orders.take(order[kind[order] != _NOTHING])


#: What changes the parameters of a device, and what looks at them.
_WRITES = (Kind.INSTALL, Kind.ADOPT, Kind.EXPIRE)
_READS = (Kind.COLLECT, Kind.LEARN)


def order_batches(orders: Orders, writes_on_collect: bool = False) -> Iterator[Orders]:
    """Yield batches of orders given in virtual-time order, each of which may be carried out kind by kind.

    First devices collect and learn, then phases are noted, the cloud computes, and updates are installed, adopted and
    expired; failed exchanges go last. Parameters change only where something is installed, adopted or expires, so a
    batch must end before a device collects, learns, or changes again, after its own change; and before a failed request
    is collected again, after all events of its first attempt. Where a collect changes the device, a batch must end
    before the second collect of a device. Everything else commutes: collects read only their own device, and the cloud
    keeps its order.
    """
    for first, end in pairwise([*_edges(orders, writes_on_collect), len(orders)]):
        yield orders.take(slice(first, end))


def _edges(orders: Orders, writes_on_collect: bool) -> list[int]:
    """Return where batches begin."""
    behind = np.maximum(_own_change(orders), _own_first_attempt(orders))
    if writes_on_collect:
        behind = np.maximum(behind, _own_collect(orders))
    edges = [0]
    for at in np.flatnonzero(behind >= 0).tolist():
        if behind[at] >= edges[-1]:
            edges.append(at)
    return edges


def _own_change(orders: Orders) -> np.ndarray:
    """Return for each order that reads or changes a device the latest change of it before, -1 for none."""
    behind = np.full(len(orders), -1)
    meant = np.flatnonzero(np.isin(orders.kind, _READS + _WRITES))
    meant = meant[orders.device[meant].argsort(kind="stable")]
    if not len(meant):
        return behind
    device, row = orders.device[meant], np.arange(len(meant))
    latest = np.maximum.accumulate(np.where(np.isin(orders.kind[meant], _WRITES), row, -1))[:-1]
    known = (latest >= 0) & (device[latest] == device[1:])
    behind[meant[1:][known]] = meant[latest[known]]
    return behind


def _own_collect(orders: Orders) -> np.ndarray:
    """Return for each collect the one of its device before it, -1 for none."""
    behind = np.full(len(orders), -1)
    collects = np.flatnonzero(orders.kind == Kind.COLLECT)
    collects = collects[orders.device[collects].argsort(kind="stable")]
    again = orders.device[collects[1:]] == orders.device[collects[:-1]]
    behind[collects[1:][again]] = collects[:-1][again]
    return behind


def _own_first_attempt(orders: Orders) -> np.ndarray:
    """Return for each collect the latest order before it with the same ticket, -1 for none."""
    behind = np.full(len(orders), -1)
    row = orders.ticket.argsort(kind="stable")
    again = orders.ticket[row[1:]] == orders.ticket[row[:-1]]
    behind[row[1:][again]] = row[:-1][again]
    behind[orders.kind != Kind.COLLECT] = -1
    return behind
