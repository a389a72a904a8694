"""Asks when a change detector raises an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from agents.contract import Watch
from agents.contract.component import OptionError, option
from agents.contract.forms import Form, OneOf
from agents.detectors import DETECTORS
from agents.signals import SIGNALS
from sim.triggers.base import Asks
from sim.triggers.limits import LimitOptions, NextTick

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class DetectorOptions(LimitOptions):
    """When a change detector on the device raises an alarm, noticed at the next tick."""

    signal: Annotated[str, OneOf(*SIGNALS)] = option(description="what is watched; error and loss once labels are due")
    detector: Annotated[Mapping[str, Any], Form("detector")] = option(description="how it is watched")

    def __post_init__(self) -> None:
        kind = self.detector["kind"]
        needs = DETECTORS[kind].needs if kind in DETECTORS else frozenset[str]()
        if "bits" in needs - SIGNALS[self.signal].gives:
            fitting = ", ".join(name for name, signal in SIGNALS.items() if "bits" in signal.gives)
            text = f"watches values of 0 and 1, not '{self.signal}'; signals that fit: {fitting}"
            raise OptionError(text, "detector")

    @property
    def watch(self) -> Watch:
        """What the data plane watches."""
        settings = {name: value for name, value in self.detector.items() if name != "kind"}
        return Watch(self.signal, self.detector["kind"], tuple(settings.items()))


class Detector:
    """A device asks when its detector has raised an alarm; ticks notice it, as those of a monitoring device would."""

    def __init__(self, seed: int, devices: int, tick_s: float, options: DetectorOptions) -> None:
        self.watches: tuple[Watch | str, ...] = (options.watch,)
        self._alarm, self._next_tick = options.watch.alarm, NextTick(seed, devices, tick_s, options)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        # Nothing is known before the first tick, even where another trigger has watched until now.
        alarmed = after_s > 0.0 and self._alarm in signals
        device = np.flatnonzero(signals[self._alarm]) if alarmed else _NONE
        return self._next_tick.asks(device, after_s, until_s)
