"""Cuts an itinerary into waves that can be carried out in large batches, and are still exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agents.contract import Adapt, Collect, Discard, Install, Order, Phase, Progress

# Looking a member up in its enumeration costs more than the comparison it is for.
_RESIDUAL = Phase.RESIDUAL


@dataclass
class Wave:
    """Orders that may be carried out kind by kind: all collects, then all adapts, then all installs."""

    collects: list[Collect] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    adapts: list[Adapt] = field(default_factory=list)
    installs: list[Install] = field(default_factory=list)
    discards: list[Discard] = field(default_factory=list)


def waves(orders: Iterable[Order]) -> Iterator[Wave]:
    """Yield waves of orders given in virtual-time order.

    Parameters change only at installs, so a wave must end before a device collects, or installs again, after its
    own install; and before a request that came to nothing is collected anew, after all that befell its first
    attempt. Everything else commutes: collects read only their own device, and adapts keep their order.
    """
    wave, installed, met = Wave(), set[int](), set[int]()
    for order in orders:
        if _must_wait(order, installed, met):
            yield wave
            wave, installed, met = Wave(), set(), set()
        _enter(wave, order)
        met.update(order.tickets if isinstance(order, Adapt) else (order.ticket,))
        if isinstance(order, Install):
            installed.add(order.device)
    yield wave


def _must_wait(order: Order, installed: set[int], met: set[int]) -> bool:
    """Say whether an order belongs to the next wave, by the devices and the tickets that this one has met."""
    if isinstance(order, Collect) and order.ticket in met:
        return True
    return isinstance(order, Collect | Install) and order.device in installed


def _enter(wave: Wave, order: Order) -> None:
    match order:
        case Collect():
            wave.collects.append(order)
        case Progress():
            wave.progress.append(order)
        case Adapt():
            wave.adapts.append(order)
        case Install(ticket, device, at_s):
            wave.installs.append(order)
            wave.progress.append(Progress(ticket, device, at_s, _RESIDUAL))
        case Discard():
            wave.discards.append(order)
