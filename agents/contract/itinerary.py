"""Orders in columns: an itinerary as arrays, because a fleet asks more often than Python likes to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from operator import attrgetter
from typing import Any

import numpy as np

from agents.contract.orders import Adapt, Collect, Discard, Install, Order, Phase, Progress


class Kind(IntEnum):
    """What a row orders."""

    COLLECT = 0
    ADAPT = 1
    INSTALL = 2
    PROGRESS = 3
    DISCARD = 4


_KINDS = {Collect: Kind.COLLECT, Install: Kind.INSTALL, Progress: Kind.PROGRESS, Discard: Kind.DISCARD}
#: What an order says of its exchange by being given: an install leaves only what the method cannot mend.
_PHASES = {Collect: Phase.UPLINK, Install: Phase.RESIDUAL, Discard: Phase.LOST}


@dataclass(frozen=True)
class Orders:
    """Orders in virtual-time order, one entry of each column a row; an ``Adapt`` takes a row for each ticket.

    Attributes:
        kind: int8, a :class:`Kind`.
        ticket: int64.
        device: int64; of an ``Adapt`` the group that the ticket is served in, by the number of its first ticket.
        at_s: float64.
        phase: int8; what an exchange enters, where the row is an order that tells it.
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

    def by_time(self) -> Orders:
        """Return the rows by time, and those of one instant as they were."""
        return self.take(self.at_s.argsort(kind="stable"))

    @classmethod
    def of(cls, orders: Orders | Sequence[Order]) -> Orders:
        """Return orders told one by one as columns."""
        if isinstance(orders, Orders):
            return orders
        rows = [row for order in orders for row in _rows(order)]
        columns = list(zip(*rows, strict=True)) if rows else [()] * 5
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


def _rows(order: Order) -> list[tuple[Any, ...]]:
    if isinstance(order, Adapt):
        return [(Kind.ADAPT, ticket, order.tickets[0], order.at_s, 0) for ticket in order.tickets]
    phase = order.phase if isinstance(order, Progress) else _PHASES[type(order)]
    return [(_KINDS[type(order)], order.ticket, order.device, order.at_s, phase)]
