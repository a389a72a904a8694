"""The itinerary: orders to the data plane, in virtual-time order."""

from __future__ import annotations

import numpy as np

from agents.contract import DataPlane, Orders
from sim.clock import Clock
from sim.cues import orders_of


class Itinerary:
    """Orders waiting to be carried out; some are written before their time has come."""

    def __init__(self) -> None:
        self._waiting: list[Orders] = []
        self._told: list[tuple[int, int, int, float]] = []

    def add(self, cue: int, ticket: int, device: int, at_s: float) -> None:
        """Write down one cue (:data:`sim.cues.Write`)."""
        self._told.append((cue, ticket, device, at_s))

    def extend(self, orders: Orders) -> None:
        """Write many orders down at once, in the order of cause and effect."""
        self._waiting += [orders_of(self._told), orders]
        self._told = []

    def due(self, until_s: float) -> Orders:
        """Take out all orders up to and including ``until_s``, by time, then as they were written."""
        # The sort is stable: orders of one instant keep the order of cause and effect in which they were told.
        waiting = Orders.joined([*self._waiting, orders_of(self._told)]).by_time()
        split = int(np.searchsorted(waiting.at_s, until_s, side="right"))
        self._waiting, self._told = [waiting.take(slice(split, None))], []
        return waiting.take(slice(0, split))


class EagerItinerary(Itinerary):
    """Carries every order out at its own moment instead of at the next tick: slower, and the same in the end."""

    def __init__(self, clock: Clock, plane: DataPlane) -> None:
        super().__init__()
        self._clock, self._plane = clock, plane

    def add(self, cue: int, ticket: int, device: int, at_s: float) -> None:
        super().add(cue, ticket, device, at_s)
        self._plane.carry_out(self.due(self._clock.now))
