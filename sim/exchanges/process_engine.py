"""Simulates exchanges one by one, each as a process in the calendar: for any network, cloud and policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter

import numpy as np

from agents.contract import ExchangeKind, Exchanges, Outcome
from sim.exchanges.exchange import ask
from sim.exchanges.exchange_context import ExchangeContext
from sim.exchanges.learning import begin_learning
from sim.kernel.calendar import ASKS, ProcessGenerator
from sim.kernel.records import COLUMNS, KIND_COLUMNS, Exchange, ExchangeDraws
from sim.kernel.requests import Requests
from sim.kernel.row_store import RowStore
from sim.links.presampled_losses import PresampledLosses

_OUTCOMES = {outcome.name.lower(): int(outcome) for outcome in Outcome}


class ProcessEngine:
    """The general engine of exchanges: one object each, kept until the exchange is over."""

    def __init__(self, context: ExchangeContext) -> None:
        self._context = context
        self._exchanges = RowStore[Exchange](COLUMNS | KIND_COLUMNS, attrgetter("over"))
        context.add = self._exchanges.add

    @property
    def asks_dropped(self) -> int:
        return self._context.in_flight.dropped

    @property
    def asks_away(self) -> int:
        return self._context.away

    def __len__(self) -> int:
        return len(self._exchanges)

    def plan(self, requests: Requests, kind: ExchangeKind = ExchangeKind.UPDATE) -> None:
        """Let the devices begin at their times, once what else happens at that moment has happened."""
        begin = begin_learning if kind is ExchangeKind.LEARN else ask
        self._context.clock.start_process(self._begin_all(requests, kind, begin), ASKS)

    def due(self, until_s: float) -> Exchanges:
        """Return what the data plane must be handed, up to ``until_s``."""
        return self._context.handover.due(until_s)

    def advance(self, until_s: float) -> None:
        """Nothing to do: the calendar brings every exchange to ``until_s`` by itself."""

    def departed(self) -> None:
        """Nothing leaves: all exchanges are kept to the end."""

    def finish(self) -> None:
        """Nothing to do: links and cloud keep their own logs."""

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges so far, column by column, those that are over first; outcomes as numbers."""
        columns = self._exchanges.columns()
        outcomes = map(_OUTCOMES.__getitem__, columns["outcome"].tolist())
        return columns | {"outcome": np.fromiter(outcomes, np.int8, len(columns["outcome"]))}

    def _begin_all(
        self, requests: Requests, kind: ExchangeKind, begin: Callable[[ExchangeContext, Exchange], bool]
    ) -> ProcessGenerator:
        for exchange in exchanges_of(requests, self._context.presampled_losses, kind):
            yield exchange.requested_s
            if begin(self._context, exchange):
                self._exchanges.add(exchange)


def exchanges_of(requests: Requests, presampled_losses: PresampledLosses, kind: ExchangeKind) -> Iterator[Exchange]:
    """Yield some requests as exchanges that have not begun, one by one."""
    draws = draws_of(requests, presampled_losses)
    keys = (
        requests.ticket.tolist(),
        requests.device.tolist(),
        requests.number.tolist(),
        requests.at_s.tolist(),
    )
    return map(partial(Exchange, kind=kind), *keys, draws)


def draws_of(requests: Requests, presampled_losses: PresampledLosses) -> Iterator[ExchangeDraws]:
    """Yield the random draws of some requests, one by one."""
    steps_s = np.zeros(len(requests.ticket)) if requests.step_s is None else requests.step_s
    columns = (
        requests.payload_bytes.tolist(),
        requests.update_bytes.tolist(),
        map(tuple, requests.up_latency_s.T.tolist()),
        map(tuple, requests.down_latency_s.T.tolist()),
        requests.service_s.tolist(),
        steps_s.tolist(),
        *presampled_losses.of(requests),
    )
    return map(ExchangeDraws, *columns)
