"""Devices ask at given times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.contract import Watch
from agents.contract.component import OptionError, option
from agents.contract.forms import DeviceIds, Moment
from sim.triggers.base import Asks, Numbering


@dataclass(frozen=True)
class Ask:
    """Some devices ask at given times."""

    times: list[Moment] = option(description="when")
    devices: DeviceIds = option("all", "who: all, or a list of ids")


@dataclass(frozen=True)
class AtOptions:
    """At given times; ``asks`` gives different devices different times."""

    times: list[Moment] = option(factory=list, description="when")
    devices: DeviceIds = option("all", "who: all, or a list of ids")
    asks: list[Ask] = option(factory=list, description="more of the same for other devices")

    def __post_init__(self) -> None:
        if not self.times and not self.asks:
            raise OptionError("times or asks are needed, for example 'times: [60 s]'")

    @property
    def all_asks(self) -> list[Ask]:
        """Every (times, devices) of the trigger, in order."""
        return ([Ask(self.times, self.devices)] if self.times else []) + list(self.asks)


class At:
    """Chosen devices ask at chosen times."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, tick_s: float, options: AtOptions) -> None:
        self._numbering = Numbering(devices)
        pairs = [
            (at_s, device)
            for ask in options.all_asks
            for at_s in ask.times
            for device in (range(devices) if ask.devices == "all" else ask.devices)
        ]
        pairs.sort()
        self._at_s = np.array([pair[0] for pair in pairs], np.float64)
        self._device = np.array([pair[1] for pair in pairs], np.int64)
        self._planned = 0

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        end = int(np.searchsorted(self._at_s, until_s, side="right"))
        due = slice(self._planned, end)
        self._planned = end
        return self._numbering.asks(self._device[due], self._at_s[due])
