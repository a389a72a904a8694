"""Cuts an itinerary into waves that can be carried out in large batches, and are still exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from agents.contract import Kind, Order, Orders


@dataclass(frozen=True)
class Wave:
    """Orders that may be carried out kind by kind: all collects, then all adapts, then all installs.

    ``progress`` tells of the installs too; ``adapts`` are in service order, the group of each in ``device``.
    """

    collects: Orders
    progress: Orders
    adapts: Orders
    installs: Orders
    discards: Orders


def waves(orders: Orders | Sequence[Order], writes_on_collect: bool = False) -> Iterator[Wave]:
    """Yield waves of orders given in virtual-time order.

    Parameters change only at installs, so a wave must end before a device collects, or installs again, after its
    own install; and before a request that came to nothing is collected anew, after all that befell its first
    attempt. Where devices are changed when they hand over, a wave must end before the second collect of a device.
    Everything else commutes: collects read only their own device, and adapts keep their order.
    """
    orders = Orders.of(orders)
    for first, end in pairwise([*_cuts(orders, writes_on_collect), len(orders)]):
        yield _wave(orders.take(slice(first, end)))


def _wave(orders: Orders) -> Wave:
    return Wave(
        orders.only(Kind.COLLECT),
        orders.only(Kind.PROGRESS, Kind.INSTALL),
        orders.only(Kind.ADAPT),
        orders.only(Kind.INSTALL),
        orders.only(Kind.DISCARD),
    )


def _cuts(orders: Orders, writes_on_collect: bool) -> list[int]:
    """Return where waves begin."""
    behind = np.maximum(_own_install(orders), _own_first_attempt(orders))
    if writes_on_collect:
        behind = np.maximum(behind, _own_collect(orders))
    cuts = [0]
    for at in np.flatnonzero(behind >= 0).tolist():
        if behind[at] >= cuts[-1]:
            cuts.append(at)
    return cuts


def _own_install(orders: Orders) -> np.ndarray:
    """Return for each collect and install the latest install of its device before it, -1 for none."""
    behind = np.full(len(orders), -1)
    changes = np.flatnonzero((orders.kind == Kind.COLLECT) | (orders.kind == Kind.INSTALL))
    changes = changes[orders.device[changes].argsort(kind="stable")]
    if not len(changes):
        return behind
    device, row = orders.device[changes], np.arange(len(changes))
    latest = np.maximum.accumulate(np.where(orders.kind[changes] == Kind.INSTALL, row, -1))[:-1]
    known = (latest >= 0) & (device[latest] == device[1:])
    behind[changes[1:][known]] = changes[latest[known]]
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
