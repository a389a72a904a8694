"""Plays exchanges one by one, each as a process in the calendar: for any network, cloud and policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter

import numpy as np

from agents.contract import ExchangeKind, Exchanges
from sim.clock import ASKS, Telling
from sim.exchange import ask
from sim.learning import begin_learning
from sim.ledger import Ledger
from sim.lines.foresight import Foresight
from sim.records import COLUMNS, KIND_COLUMNS, Exchange, Luck
from sim.requests import Requests
from sim.world import World


class Stories:
    """The general way to play exchanges: one object each, kept until it is over."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._exchanges = Ledger[Exchange](COLUMNS | KIND_COLUMNS, attrgetter("over"))
        world.add = self._exchanges.add

    @property
    def asks_dropped(self) -> int:
        return self._world.in_flight.dropped

    @property
    def asks_away(self) -> int:
        return self._world.away

    def __len__(self) -> int:
        return len(self._exchanges)

    def plan(self, requests: Requests, kind: ExchangeKind = ExchangeKind.UPDATE) -> None:
        """Let the devices begin at their times, once what else happens at that moment has happened."""
        begin = begin_learning if kind is ExchangeKind.LEARN else ask
        self._world.clock.play(self._begin_all(requests, kind, begin), ASKS)

    def due(self, until_s: float) -> Exchanges:
        """Return what the data plane must be handed, up to ``until_s``."""
        return self._world.handover.due(until_s)

    def advance(self, until_s: float) -> None:
        """Nothing to do: the calendar brings every exchange to ``until_s`` by itself."""

    def finish(self) -> None:
        """Nothing to do: lines and cloud have kept their own logs."""

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges so far, column by column, those that are over first."""
        return self._exchanges.columns()

    def _begin_all(self, requests: Requests, kind: ExchangeKind, begin: Callable[[World, Exchange], bool]) -> Telling:
        for exchange in exchanges_of(requests, self._world.foresight, kind):
            yield exchange.requested_s
            if begin(self._world, exchange):
                self._exchanges.add(exchange)


def exchanges_of(requests: Requests, foresight: Foresight, kind: ExchangeKind) -> Iterator[Exchange]:
    """Yield some requests as exchanges that are still to be, one by one."""
    luck = luck_of(requests, foresight)
    keys = (
        requests.ticket.tolist(),
        requests.device.tolist(),
        requests.number.tolist(),
        requests.at_s.tolist(),
    )
    return map(partial(Exchange, kind=kind), *keys, luck)


def luck_of(requests: Requests, foresight: Foresight) -> Iterator[Luck]:
    """Yield what is left to chance for some requests, one by one."""
    steps_s = np.zeros(len(requests.ticket)) if requests.step_s is None else requests.step_s
    columns = (
        requests.payload_bytes.tolist(),
        requests.update_bytes.tolist(),
        map(tuple, requests.up_latency_s.T.tolist()),
        map(tuple, requests.down_latency_s.T.tolist()),
        requests.service_s.tolist(),
        steps_s.tolist(),
        *foresight.of(requests),
    )
    return map(Luck, *columns)
