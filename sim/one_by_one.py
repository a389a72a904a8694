"""What players share that tell exchanges one by one: requests become objects, and are kept until they are over."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

import numpy as np

from sim.exchange import World
from sim.ledger import Ledger
from sim.lines.foresight import Foresight
from sim.records import COLUMNS, Exchange, Luck
from sim.requests import Requests


class OneByOne:
    """The exchanges of a run, one object each; whoever inherits plays them."""

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

    def finish(self) -> None:
        """Nothing to do: lines and cloud have kept their own logs."""

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges so far, column by column, those that are over first."""
        return self._exchanges.columns()


def exchanges_of(requests: Requests, foresight: Foresight) -> Iterator[Exchange]:
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
