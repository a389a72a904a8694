"""Plays exchanges one by one, each as a story in the calendar: for any network, cloud and policy."""

from __future__ import annotations

from sim.clock import ASKS, Telling
from sim.exchange import ask
from sim.one_by_one import OneByOne, exchanges_of
from sim.requests import Requests


class Stories(OneByOne):
    """The general way to play exchanges."""

    def plan(self, requests: Requests) -> None:
        """Let the devices ask at their times, once what else happens at that moment has happened."""
        self._world.clock.play(self._tell_asks(requests), ASKS)

    def advance(self, until_s: float) -> None:
        """Nothing to do: the calendar brings every story to ``until_s`` by itself."""

    def _tell_asks(self, requests: Requests) -> Telling:
        for exchange in exchanges_of(requests, self._world.foresight):
            yield exchange.requested_s
            if ask(self._world, exchange):
                self._exchanges.add(exchange)
