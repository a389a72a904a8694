"""What holds back devices that would ask too often: a cool-down and a budget, device by device."""

from __future__ import annotations

from math import inf
from typing import Any, Self

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.triggers.asks import Asks, Numbering, Setting

#: What rounding may take from a token.
_WHOLE = 1.0 - 1e-9


class Limits:
    """A device asks only ``cooldown_s`` after it last asked, and only for a token of its own bucket.

    A bucket begins full with ``tokens`` and is filled again at ``tokens`` in ``per_s``: in any span of s seconds a
    device asks at most ``tokens * (1 + s / per_s)`` times. A wish that is held back is forgotten.
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

    def __init__(self, setting: Setting, limits: Limits) -> None:
        self._numbering, self._limits = Numbering(setting.devices), limits
        own = uniforms(setting.seed, Purpose.DEVICE_PHASE, np.arange(setting.devices))
        self._phase_s = own * setting.tick_s

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return it with the ``cooldown`` and the ``budget`` of a trigger's options."""
        budget = options.budget
        bucket = () if budget is None else (budget.asks, budget.per)
        return cls(setting, Limits(setting.devices, options.cooldown, *bucket))

    def leave(self, device: np.ndarray, tick_s: float, until_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return which of ``device`` ask after the tick at ``tick_s``, and when; none later than ``until_s``."""
        at_s = np.minimum(tick_s + self._phase_s[device], until_s)
        asks = self._limits.admit(device, at_s)
        return device[asks], at_s[asks]

    def asks(self, device: np.ndarray, tick_s: float, until_s: float) -> Asks:
        """Return the asks of those of ``device`` that may ask after the tick at ``tick_s``."""
        return self._numbering.asks(*self.leave(device, tick_s, until_s))

    def numbered(self, device: np.ndarray, at_s: np.ndarray) -> Asks:
        """Return asks that have left as asks with numbers."""
        return self._numbering.asks(device, at_s)
