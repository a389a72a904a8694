"""The itinerary: orders to the data plane, in virtual-time order."""

from __future__ import annotations

from operator import attrgetter

from agents.contract import DataPlane, Order
from sim.clock import Clock

_at = attrgetter("at_s")


class Itinerary:
    """Orders waiting to be carried out; some are written before their time has come."""

    def __init__(self) -> None:
        self._waiting: list[Order] = []

    def add(self, order: Order) -> None:
        self._waiting.append(order)

    def due(self, until_s: float) -> list[Order]:
        """Take out all orders up to and including ``until_s``, by time, then as they were written."""
        # The sort is stable: orders of one instant keep the order of cause and effect in which they were told.
        self._waiting.sort(key=_at)
        split = len(self._waiting)
        while split and self._waiting[split - 1].at_s > until_s:
            split -= 1
        due, self._waiting = self._waiting[:split], self._waiting[split:]
        return due


class EagerItinerary(Itinerary):
    """Carries every order out at its own moment instead of at the next tick: slower, and the same in the end."""

    def __init__(self, clock: Clock, plane: DataPlane) -> None:
        super().__init__()
        self._clock, self._plane = clock, plane

    def add(self, order: Order) -> None:
        super().add(order)
        self._plane.carry_out(self.due(self._clock.now))
