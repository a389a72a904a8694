"""Asks whenever a budget allows: what any other use of the same budget must beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.contract import Watch
from agents.contract.component import option
from agents.contract.forms import PositiveCount, PositiveTime
from sim.triggers.base import Asks
from sim.triggers.limits import BudgetOptions, LimitOptions, NextTick


@dataclass(frozen=True)
class TokenBucketOptions:
    """As soon as a budget allows, at ticks: a full bucket at once, then evenly."""

    asks: PositiveCount = option(description="requests of a device")
    per: PositiveTime = option(description="in this time")


class TokenBucket:
    """A device asks at each tick at which it has a token; it sees nothing but the time."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, tick_s: float, options: TokenBucketOptions) -> None:
        budget = LimitOptions(budget=BudgetOptions(options.asks, options.per))
        self._next_tick, self._all = NextTick(seed, devices, tick_s, budget), np.arange(devices)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        return self._next_tick.each(lambda tick: self._all, after_s, until_s)
