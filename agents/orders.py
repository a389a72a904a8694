"""Orders: what the data plane does for exchanges, in virtual-time order, and in which batches that is exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from agents.contract import ExchangeKind, Exchanges, Outcome, Phase, Stage


class Kind(IntEnum):
    """What a row orders."""

    COLLECT = 0
    ADAPT = 1
    INSTALL = 2
    PROGRESS = 3
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
        ticket: int64.
        device: int64; of an ``ADAPT`` the group in which the ticket is served.
        at_s: float64.
        phase: int8; what an exchange enters, where the row says so.
    """

    kind: np.ndarray
    ticket: np.ndarray
    device: np.ndarray
    at_s: np.ndarray
    phase: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: np.ndarray | slice) -> Orders:
        """Return some rows, in the order given."""
        return Orders(self.kind[rows], self.ticket[rows], self.device[rows], self.at_s[rows], self.phase[rows])

    def only(self, *kinds: Kind) -> Orders:
        """Return the rows of some kinds."""
        wanted = np.zeros(len(Kind), bool)
        wanted[list(kinds)] = True
        return self.take(np.flatnonzero(wanted[self.kind]))

    @classmethod
    def of(cls, rows: Sequence[tuple[Any, ...]]) -> Orders:
        """Return orders given one by one: (kind, ticket, device, at_s) and, where it matters, the phase."""
        columns = list(zip(*((*row, 0)[:5] for row in rows), strict=True)) if rows else [()] * len(_TYPES)
        return cls(*(np.array(values, kind) for values, kind in zip(columns, _TYPES, strict=True)))

    @classmethod
    def joined(cls, parts: Sequence[Orders]) -> Orders:
        """Return the rows of all parts, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate(values) for values in zip(*map(attrgetter(*names), parts), strict=True)))


_TYPES = (np.int8, np.int64, np.int64, np.float64, np.int8)

#: No orders at all.
NONE = Orders.of([])


class _Rule(NamedTuple):
    """What is ordered when an exchange of some kind reaches a stage; ``won`` picks attempts by how they ended."""

    exchange: ExchangeKind
    stage: Stage
    kind: Kind
    phase: Phase = Phase.UNDETECTED
    won: bool | None = None


_UPDATE, _LEARN, _PUSH, _REPORT, _EXPIRY = ExchangeKind
#: In the order of cause and effect, which decides at equal times.
_RULES = (
    _Rule(_UPDATE, Stage.SENT, Kind.COLLECT, Phase.UPLINK),
    _Rule(_REPORT, Stage.SENT, Kind.COLLECT, Phase.UPLINK),
    _Rule(_LEARN, Stage.SENT, Kind.LEARN, Phase.LEARNING),
    _Rule(_UPDATE, Stage.SENT, Kind.PROGRESS, Phase.UPLINK),
    _Rule(_REPORT, Stage.SENT, Kind.PROGRESS, Phase.UPLINK),
    _Rule(_LEARN, Stage.SENT, Kind.PROGRESS, Phase.LEARNING),
    _Rule(_UPDATE, Stage.REACHED, Kind.PROGRESS, Phase.CLOUD_QUEUE),
    _Rule(_REPORT, Stage.REACHED, Kind.PROGRESS, Phase.CLOUD_QUEUE),
    _Rule(_UPDATE, Stage.STARTED, Kind.PROGRESS, Phase.SERVICE),
    _Rule(_REPORT, Stage.STARTED, Kind.PROGRESS, Phase.SERVICE),
    _Rule(_UPDATE, Stage.SERVED, Kind.ADAPT),
    _Rule(_REPORT, Stage.SERVED, Kind.ADAPT),
    _Rule(_PUSH, Stage.SERVED, Kind.BROADCAST),
    _Rule(_UPDATE, Stage.SERVED, Kind.PROGRESS, Phase.DOWNLINK),
    # What the device knows is in the model of the cloud: what remains is up to the method.
    _Rule(_REPORT, Stage.SERVED, Kind.PROGRESS, Phase.RESIDUAL),
    _Rule(_UPDATE, Stage.ENDED, Kind.INSTALL, Phase.RESIDUAL, won=True),
    _Rule(_LEARN, Stage.ENDED, Kind.ADOPT, Phase.RESIDUAL, won=True),
    _Rule(_PUSH, Stage.ENDED, Kind.INSTALL, won=True),
    _Rule(_EXPIRY, Stage.ENDED, Kind.EXPIRE, won=True),
    _Rule(_UPDATE, Stage.ENDED, Kind.PROGRESS, Phase.LOST, won=False),
    _Rule(_LEARN, Stage.ENDED, Kind.PROGRESS, Phase.LOST, won=False),
    _Rule(_UPDATE, Stage.ENDED, Kind.DISCARD, Phase.LOST, won=False),
    _Rule(_LEARN, Stage.ENDED, Kind.DISCARD, Phase.LOST, won=False),
    _Rule(_PUSH, Stage.ENDED, Kind.DISCARD, Phase.LOST, won=False),
    _Rule(_REPORT, Stage.ENDED, Kind.PROGRESS, Phase.LOST, won=False),
    _Rule(_REPORT, Stage.ENDED, Kind.CONFIRM, won=True),
    _Rule(_REPORT, Stage.ENDED, Kind.DISCARD, Phase.LOST, won=False),
)


#: Outcomes of attempts that came to something.
_WON = (Outcome.INSTALLED, Outcome.REPORTED)


def orders_of(exchanges: Exchanges) -> Orders:
    """Return what is to be done for exchanges, by time, then ticket, then cause and effect."""
    parts, sources, places = [NONE], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    reached = dict(exchanges.reached())
    for number, rule in enumerate(_RULES):
        rows = _rows_of(exchanges, rule, reached[rule.stage])
        parts.append(_ordered(exchanges, rule, rows))
        sources.append(rows)
        places.append(np.full(len(rows), number))
    orders, source, place = Orders.joined(parts), np.concatenate(sources), np.concatenate(places)
    return orders.take(np.lexsort((place, exchanges.attempt[source], orders.ticket, orders.at_s)))


def _rows_of(exchanges: Exchanges, rule: _Rule, rows: np.ndarray) -> np.ndarray:
    meant = exchanges.kind[rows] == rule.exchange
    if rule.won is not None:
        outcome = exchanges.outcome[rows]
        # Whose update came too late is in no other phase for that.
        silent = (rule.kind == Kind.PROGRESS) & (outcome == Outcome.SUPERSEDED)
        meant &= (np.isin(outcome, _WON) == rule.won) & ~silent
    return rows[meant]


def _ordered(exchanges: Exchanges, rule: _Rule, rows: np.ndarray) -> Orders:
    count = len(rows)
    whose = exchanges.group if rule.kind == Kind.ADAPT else exchanges.device
    return Orders(
        np.full(count, rule.kind, np.int8),
        exchanges.ticket[rows],
        whose[rows],
        exchanges.at_s[rule.stage, rows],
        np.full(count, rule.phase, np.int8),
    )


@dataclass(frozen=True)
class OrderBatch:
    """Orders that may be carried out kind by kind, in the order of these fields.

    Attributes:
        collects: devices hand payloads over.
        learns: devices learn by themselves.
        progress: exchanges enter phases; those of installs are among them.
        served: what the cloud computes, in its order: adapts (the group of each in ``device``) and broadcasts.
        installs: updates of the cloud take effect.
        adopts: what devices have learnt takes effect.
        expiries: updates grow too old.
        confirms: payloads count that get no answer.
        discards: exchanges come to nothing.
    """

    collects: Orders
    learns: Orders
    progress: Orders
    served: Orders
    installs: Orders
    adopts: Orders
    expiries: Orders
    confirms: Orders
    discards: Orders


#: The kinds of each field of a wave.
_KINDS = (
    (Kind.COLLECT,),
    (Kind.LEARN,),
    (Kind.PROGRESS, Kind.INSTALL, Kind.ADOPT),
    (Kind.ADAPT, Kind.BROADCAST),
    (Kind.INSTALL,),
    (Kind.ADOPT,),
    (Kind.EXPIRE,),
    (Kind.CONFIRM,),
    (Kind.DISCARD,),
)
#: What changes the parameters of a device, and what looks at them.
_WRITES = (Kind.INSTALL, Kind.ADOPT, Kind.EXPIRE)
_READS = (Kind.COLLECT, Kind.LEARN)


def order_batches(orders: Orders, writes_on_collect: bool = False) -> Iterator[OrderBatch]:
    """Yield waves of orders given in virtual-time order.

    Parameters change only where something is installed, adopted or expires, so a wave must end before a device
    collects, learns, or changes again, after its own change; and before a failed request is collected
    again, after all events of its first attempt. Where a collect changes the device, a batch must end before
    the second collect of a device. Everything else commutes: collects read only their own device, and the cloud keeps
    its order.
    """
    for first, end in pairwise([*_edges(orders, writes_on_collect), len(orders)]):
        part = orders.take(slice(first, end))
        yield OrderBatch(*(part.only(*kinds) for kinds in _KINDS))


def _edges(orders: Orders, writes_on_collect: bool) -> list[int]:
    """Return where waves begin."""
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
