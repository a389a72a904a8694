"""The run: ticks that plan asks, simulate exchanges, and settle with the data plane."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

import numpy as np

from agents.contract import DataPlane, Eventually, ExchangeKind, Exchanges, Tallies
from sim.kernel.calendar import TICK, Clock, ProcessGenerator
from sim.kernel.requests import Requests, RequestSource, Tickets
from sim.triggers.base import Trigger


@dataclass
class Tick:
    """What one tick brought: its number (from 1), its end [s], and the tallies, if there is a data plane."""

    number: int
    until_s: float
    tallies: Tallies | None
    exchanges: int


class Engine(Protocol):
    """How exchanges are simulated: one by one as processes, or in arrays where that is enough."""

    @property
    def asks_dropped(self) -> int:
        """Asks that never became an exchange, because one was under way."""
        ...

    @property
    def asks_away(self) -> int:
        """Asks that were never made, because the device was away."""
        ...

    def __len__(self) -> int:
        """Exchanges so far."""
        ...

    def plan(self, requests: Requests, kind: ExchangeKind = ExchangeKind.UPDATE) -> None:
        """Take in what devices begin in the next tick: requests, or learning by themselves."""
        ...

    def advance(self, until_s: float) -> None:
        """Bring everything that is under way to ``until_s``."""
        ...

    def due(self, until_s: float) -> Exchanges:
        """Return what the data plane must be handed: all news up to ``until_s``, each of them once."""
        ...

    def departed(self) -> dict[str, np.ndarray] | None:
        """Return the exchanges that have left since the last call, by ticket: each is over, and no longer known here.

        None if the engine keeps all of them to the end.
        """
        ...

    def finish(self) -> None:
        """Complete the logs of links and cloud."""
        ...

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges that have not departed (:data:`sim.kernel.records.COLUMNS`); outcomes are numbers."""
        ...


def unheard(tick: Tick) -> None:
    """Do nothing about a tick."""


@dataclass
class Simulation:
    """A scenario built into live objects. ``run`` runs it once, from 0 to the horizon."""

    duration_s: float
    tick_s: float
    clock: Clock
    engine: Engine
    trigger: Trigger
    sampler: RequestSource
    plane: DataPlane | None
    on_tick: Callable[[Tick], None] = unheard
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)
    tickets: Tickets = field(default_factory=Tickets)
    #: When devices learn by themselves; None for never.
    learning: Trigger | None = None
    #: Processes beside the requests of devices: rounds.
    beside: Callable[[], ProcessGenerator] | None = None
    _under_way: deque[tuple[int, float, int, Eventually[Tallies]]] = field(default_factory=deque)

    @property
    def ticks(self) -> int:
        """The number of ticks; the last one may be shorter than the others."""
        return tick_count(self.duration_s, self.tick_s)

    def run(self) -> None:
        """Run the scenario to its end."""
        beside = None if self.beside is None else self.beside()
        if beside is not None:
            self.clock.start_process(beside)
        self.clock.start_process(self._run_ticks(), TICK)
        with _quiet_garbage_collector():
            self.clock.run()
        if beside is not None:
            beside.close()
        self.engine.finish()

    def _run_ticks(self) -> ProcessGenerator:
        after_s = 0.0
        for number in range(1, self.ticks + 1):
            until_s = min(number * self.tick_s, self.duration_s)
            # Learning first: at equal times tickets decide, and a request that waits for it brings what was learnt.
            if self.learning is not None:
                self._plan(self.learning, after_s, until_s, ExchangeKind.LEARN)
            self._plan(self.trigger, after_s, until_s, ExchangeKind.UPDATE)
            yield until_s
            self.engine.advance(until_s)
            self._settle(number, until_s)
            after_s = until_s
        self._report_until(0)
        # What is still in flight arrives after the horizon and is not waited for.
        self.clock.clear()

    def _plan(self, trigger: Trigger, after_s: float, until_s: float, kind: ExchangeKind) -> None:
        asks = trigger.plan(after_s, until_s, self.signals)
        self.engine.plan(self.sampler.draw(asks, self.tickets.take(len(asks.device))), kind)

    def _settle(self, number: int, until_s: float) -> None:
        if self.plane is None:
            self.on_tick(Tick(number, until_s, None, len(self.engine)))
            return
        coming = self.plane.begin(self.engine.due(until_s), until_s)
        self._under_way.append((number, until_s, len(self.engine), coming))
        self._report_until(self.plane.ahead)

    def _report_until(self, left: int) -> None:
        """Report ticks in their order, until no more than ``left`` are under way."""
        while len(self._under_way) > left:
            number, until_s, exchanges, coming = self._under_way.popleft()
            tallies = coming.get()
            self.signals = tallies.signals
            self.on_tick(Tick(number, until_s, tallies, exchanges))


def tick_count(duration_s: float, tick_s: float) -> int:
    """Return how many ticks cover the duration; a remainder below a billionth of a tick is rounding."""
    return max(1, ceil(duration_s / tick_s - 1e-9))


def tick_edges_s(duration_s: float, tick_s: float) -> np.ndarray:
    """Return when each tick ends [s]."""
    return np.minimum(np.arange(1, tick_count(duration_s, tick_s) + 1) * tick_s, duration_s)


@contextmanager
def _quiet_garbage_collector() -> Iterator[None]:
    # Millions of small live objects make full collections quadratic; processes hold no reference cycles.
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 50, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
