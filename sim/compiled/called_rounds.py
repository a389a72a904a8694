"""Which devices the cloud calls in a round, and what is drawn for them."""

from __future__ import annotations

import numpy as np

from sim.exchanges.rounds import choose
from sim.kernel.requests import Requests, RequestSource
from sim.triggers.base import Asks
from sim.triggers.rounds import RoundsOptions


class CalledRounds:
    """The rounds of a scenario, for an engine that plays them."""

    def __init__(self, options: RoundsOptions, seed: int, sampler: RequestSource) -> None:
        self.options, self._seed, self._sampler = options, seed, sampler

    def call(self, free: np.ndarray, number: int, now_s: float, first_ticket: int) -> Requests:
        """Return what is drawn for the devices that are called, of those that are ``free``: bool [devices]."""
        called = choose(self._seed, number, free, self.options.called)
        asks = Asks(called, np.full(len(called), now_s), np.full(len(called), number))
        return self._sampler.draw(asks, first_ticket)
