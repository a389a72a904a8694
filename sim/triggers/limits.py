"""Limits on how often devices ask: a cool-down and a budget, device by device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from agents.contract.component import option
from agents.contract.forms import PositiveCount, PositiveTime, Time
from agents.seeding import Purpose, uniforms
from sim.triggers.base import Asks, Numbering

#: What rounding may take from a token.
_WHOLE = 1.0 - 1e-9


@dataclass(frozen=True)
class BudgetOptions:
    """A token bucket of each device: it begins full, and is filled again evenly."""

    asks: PositiveCount = option(description="requests of a device")
    per: PositiveTime = option(description="in this time; after a quiet while they may come at once")


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """The limits of a trigger."""

    cooldown: Time = option(0.0, "a device does not ask again for this long")
    budget: BudgetOptions | None = option(None, "most requests of a device; default: no limit")


class Limits:
    """A device asks only ``cooldown_s`` after it last asked, and only for a token of its own bucket.

    A bucket begins full with ``tokens`` and is filled again at ``tokens`` in ``per_s``: in any span of s seconds a
    device asks at most ``tokens * (1 + s / per_s)`` times. A refused ask is dropped.
    """

    def __init__(self, devices: int, cooldown_s: float = 0.0, tokens: float = inf, per_s: float = 1.0) -> None:
        self._cooldown_s, self._most, self._per_s = cooldown_s, tokens, per_s
        self._asked_s = np.full(devices, -inf)
        self._tokens, self._filled_s = np.full(devices, float(tokens)), np.zeros(devices)

    def admit(self, device: np.ndarray, at_s: np.ndarray) -> np.ndarray:
        """Return which of ``device`` may ask at ``at_s``, bool; no device twice, and each later than before."""
        rested = at_s - self._asked_s[device] >= self._cooldown_s
        if self._most < inf:
            gained = (at_s - self._filled_s[device]) * (self._most / self._per_s)
            self._tokens[device] = np.minimum(self._tokens[device] + gained, self._most)
            self._filled_s[device] = at_s
        asks = rested & (self._tokens[device] >= _WHOLE)
        self._tokens[device[asks]] -= 1.0
        self._asked_s[device[asks]] = at_s[asks]
        return asks


class NextTick:
    """Turns what is noticed at a tick into asks: each device at its own phase of the next tick, within its limits."""

    def __init__(self, seed: int, devices: int, tick_s: float, options: LimitOptions | None = None) -> None:
        options = options or LimitOptions()
        bucket = () if options.budget is None else (options.budget.asks, options.budget.per)
        self._numbering, self._limits = Numbering(devices), Limits(devices, options.cooldown, *bucket)
        self._tick_s = tick_s
        self._phase_s = uniforms(seed, Purpose.DEVICE_PHASE, np.arange(devices)) * tick_s

    def leave(self, device: np.ndarray, tick_s: float, until_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return which of ``device`` ask after the tick at ``tick_s``, and when; none later than ``until_s``."""
        at_s = np.minimum(tick_s + self._phase_s[device], until_s)
        asks = self._limits.admit(device, at_s)
        return device[asks], at_s[asks]

    def asks(self, device: np.ndarray, tick_s: float, until_s: float) -> Asks:
        """Return the asks of those of ``device`` that may ask after the tick at ``tick_s``."""
        return self._numbering.asks(*self.leave(device, tick_s, until_s))

    def each(self, noticed: Callable[[int], np.ndarray], after_s: float, until_s: float) -> Asks:
        """Return the asks in (after, until] of the devices that ``noticed`` returns for each tick, from 1 on."""
        tick_s = self._tick_s
        # What is noticed at tick n has happened by its end, so that there is nothing before the first has ended.
        ticks = range(max(round(after_s / tick_s), 1), ceil(until_s / tick_s - 1e-9))
        left = [self.leave(noticed(n), n * tick_s, min((n + 1) * tick_s, until_s)) for n in ticks]
        device, at_s = zip(*left, strict=True) if left else (([],), ([],))
        return self._numbering.asks(np.concatenate(device).astype(np.int64), np.concatenate(at_s))
