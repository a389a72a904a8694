"""Asks at chosen times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from agents.contract import Watch
from sim.triggers.asks import Asks, Numbering, Setting


class At:
    """Chosen devices ask at chosen times."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, devices: int, asks: Sequence[tuple[Sequence[float], Sequence[int] | None]]) -> None:
        self._numbering = Numbering(devices)
        pairs = [
            (at_s, device)
            for times, chosen in asks
            for at_s in times
            for device in (range(devices) if chosen is None else chosen)
        ]
        pairs.sort()
        self._at_s = np.array([pair[0] for pair in pairs], np.float64)
        self._device = np.array([pair[1] for pair in pairs], np.int64)
        self._told = 0

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        asks = [(ask.times, None if ask.devices == "all" else ask.devices) for ask in options.all_asks]
        return cls(setting.devices, asks)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        end = int(np.searchsorted(self._at_s, until_s, side="right"))
        due = slice(self._told, end)
        self._told = end
        return self._numbering.asks(self._device[due], self._at_s[due])
