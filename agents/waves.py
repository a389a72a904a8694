"""Cuts an itinerary into waves that can be carried out in large batches, and are still exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from agents.orders import Kind, Orders


@dataclass(frozen=True)
class Wave:
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


def waves(orders: Orders, writes_on_collect: bool = False) -> Iterator[Wave]:
    """Yield waves of orders given in virtual-time order.

    Parameters change only where something is installed, adopted or expires, so a wave must end before a device
    collects, learns, or changes again, after its own change; and before a request that came to nothing is collected
    anew, after all that befell its first attempt. Where devices are changed when they hand over, a wave must end before
    the second collect of a device. Everything else commutes: collects read only their own device, and the cloud keeps
    its order.
    """
    for first, end in pairwise([*_cuts(orders, writes_on_collect), len(orders)]):
        part = orders.take(slice(first, end))
        yield Wave(*(part.only(*kinds) for kinds in _KINDS))


def _cuts(orders: Orders, writes_on_collect: bool) -> list[int]:
    """Return where waves begin."""
    behind = np.maximum(_own_change(orders), _own_first_attempt(orders))
    if writes_on_collect:
        behind = np.maximum(behind, _own_collect(orders))
    cuts = [0]
    for at in np.flatnonzero(behind >= 0).tolist():
        if behind[at] >= cuts[-1]:
            cuts.append(at)
    return cuts


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
