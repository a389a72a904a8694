"""The run: ticks that plan asks, let exchanges play, and settle with the data plane."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from agents.contract import DataPlane, Tallies
from sim.clock import LATE, Telling
from sim.exchange import World, ask
from sim.requests import Registry
from sim.triggers import Asks, Trigger


@dataclass
class Tick:
    """What one tick brought: its number (from 1), its end [s], and the tallies, if there is a data plane."""

    number: int
    until_s: float
    tallies: Tallies | None
    exchanges: int


@dataclass
class Simulation:
    """A scenario come alive. ``run`` plays it once, from 0 to the horizon."""

    duration_s: float
    tick_s: float
    world: World
    trigger: Trigger
    registry: Registry
    plane: DataPlane | None
    on_tick: Callable[[Tick], None] = lambda tick: None
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def ticks(self) -> int:
        """The number of ticks; the last one may be shorter than the others."""
        return tick_count(self.duration_s, self.tick_s)

    def run(self) -> None:
        """Play the scenario to its end."""
        clock = self.world.clock
        clock.play(self._tell_ticks(), LATE)
        with _quiet_garbage_collector():
            clock.run()

    def _tell_ticks(self) -> Telling:
        after_s = 0.0
        for number in range(1, self.ticks + 1):
            until_s = min(number * self.tick_s, self.duration_s)
            asks = self.trigger.plan(after_s, until_s, self.signals)
            self.world.clock.play(self._tell_asks(asks))
            yield until_s
            self._settle(number, until_s)
            after_s = until_s
        # What is still on its way arrives after the horizon: nobody waits for it.
        self.world.clock.clear()

    def _tell_asks(self, asks: Asks) -> Telling:
        keep = self.registry.keep
        for exchange in self.registry.prepare(asks):
            yield exchange.requested_s
            if ask(self.world, exchange):
                keep(exchange)

    def _settle(self, number: int, until_s: float) -> None:
        orders = self.world.itinerary.due(until_s)
        tallies = None
        if self.plane is not None:
            tallies = self.plane.settle(orders, until_s)
            self.signals = tallies.signals
        self.on_tick(Tick(number, until_s, tallies, len(self.registry.exchanges)))


def tick_count(duration_s: float, tick_s: float) -> int:
    """Return how many ticks cover the duration; a remainder below a billionth of a tick is rounding."""
    return max(1, ceil(duration_s / tick_s - 1e-9))


@contextmanager
def _quiet_garbage_collector() -> Iterator[None]:
    # Millions of small live objects make full collections quadratic; stories hold no reference cycles.
    gc.collect()
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 50, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
