"""Triggers and request draws that replace one another within a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

import numpy as np

from agents.contract import signal_name
from sim.kernel.requests import Requests, RequestSampler
from sim.triggers.base import Asks, Trigger


class SwitchedTrigger:
    """One trigger up to a moment, the next one after it; ``parts`` are (until_s, trigger), the last until ``inf``.

    A trigger by the clock has run from the start, its asks ignored, when it takes over; one that reads signals begins
    at the first tick that shows them. Numbers of asks go on where the one before stopped, so no draw is used twice.
    """

    def __init__(self, devices: int, parts: Sequence[tuple[float, Trigger]]) -> None:
        self._parts = list(parts)
        self._planned = np.zeros(devices, np.int64)
        self._ahead = np.zeros(devices, np.int64)
        self._begun = True
        self.watches = tuple(dict.fromkeys(name for _, trigger in parts for name in trigger.watches))

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        """Return the asks in (after, until] of the trigger in force then."""
        while self._parts[0][0] < until_s:
            self._parts.pop(0)
            self._begun = False
        trigger = self._parts[0][1]
        if not self._begun:
            if not set(map(signal_name, trigger.watches)) <= signals.keys():
                return Asks(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
            ignore_event = trigger.plan(0.0, after_s, signals)
            self._ahead = self._planned - self._counts(ignore_event)
            self._begun = True
        asks = trigger.plan(after_s, until_s, signals)
        self._planned += self._counts(asks)
        return asks._replace(number=asks.number + self._ahead[asks.device])

    def _counts(self, asks: Asks) -> np.ndarray:
        return np.bincount(asks.device, minlength=len(self._planned))


class SwitchedSampler:
    """The draws of requests by the scenario in force when they are asked; ``parts`` are (until_s, draws)."""

    def __init__(self, parts: Sequence[tuple[float, RequestSampler]]) -> None:
        self._parts = parts

    def draw(self, asks: Asks, first_ticket: int) -> Requests:
        """Draw for the asks of one tick."""
        at_s = float(asks.at_s.max(initial=-inf))
        sampler = next(sampler for until_s, sampler in self._parts if at_s <= until_s)
        return sampler.draw(asks, first_ticket)
