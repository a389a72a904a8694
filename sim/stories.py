"""Plays exchanges one by one, each as a process in the calendar: for any network, cloud and policy."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

import numpy as np

from sim.clock import ASKS, Telling
from sim.exchange import World, ask
from sim.ledger import Ledger
from sim.lines.foresight import Foresight
from sim.records import COLUMNS, Exchange, Luck
from sim.requests import Requests


class Stories:
    """The general way to play exchanges: one object each, kept until it is over."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._exchanges = Ledger[Exchange](COLUMNS, attrgetter("over"))

    @property
    def asks_dropped(self) -> int:
        return self._world.in_flight.dropped

    @property
    def asks_away(self) -> int:
        return self._world.away

    def __len__(self) -> int:
        return len(self._exchanges)

    def plan(self, requests: Requests) -> None:
        """Let the devices ask at their times, once what else happens at that moment has happened."""
        self._world.clock.play(self._tell_asks(requests), ASKS)

    def advance(self, until_s: float) -> None:
        """Nothing to do: the calendar brings every exchange to ``until_s`` by itself."""

    def finish(self) -> None:
        """Nothing to do: lines and cloud have kept their own logs."""

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges so far, column by column, those that are over first."""
        return self._exchanges.columns()

    def _tell_asks(self, requests: Requests) -> Telling:
        for exchange in _exchanges_of(requests, self._world.foresight):
            yield exchange.requested_s
            if ask(self._world, exchange):
                self._exchanges.add(exchange)


def _exchanges_of(requests: Requests, foresight: Foresight) -> Iterator[Exchange]:
    """Yield some requests as exchanges that are still to be, one by one."""
    columns = (
        requests.payload_bytes.tolist(),
        requests.update_bytes.tolist(),
        map(tuple, requests.up_latency_s.T.tolist()),
        map(tuple, requests.down_latency_s.T.tolist()),
        requests.service_s.tolist(),
        *foresight.of(requests),
    )
    luck = map(Luck, *columns)
    keys = (
        requests.ticket.tolist(),
        requests.device.tolist(),
        requests.number.tolist(),
        requests.at_s.tolist(),
    )
    return map(Exchange, *keys, luck)
