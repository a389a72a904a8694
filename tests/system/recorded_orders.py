"""A trigger that lets a test look at, copy, stop or kill a run between two ticks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping

import numpy as np

from sim.triggers.base import Asks
from sim.triggers.detector import Detector, DetectorOptions
from sim.triggers.every_samples import EverySamples, EverySamplesOptions
from sim.triggers.periodic import Periodic, PeriodicOptions

#: Told how many ticks are over; a test puts its own function here.
WATCHERS: list[Callable[[int], None]] = []


def _tell(after_s: float, tick_s: float) -> None:
    over = round(after_s / tick_s)
    for watcher in WATCHERS:
        watcher(over)
    if os.environ.get("KILLED_AFTER") == str(over):
        os.kill(os.getpid(), signal.SIGKILL)


class Watched(Periodic):
    """Each device asks now and then; whoever watches is told first."""

    def __init__(self, seed: int, devices: int, tick_s: float) -> None:
        super().__init__(seed, devices, tick_s, PeriodicOptions(every=15.0))
        self._tick_s = tick_s

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        _tell(after_s, self._tick_s)
        return super().plan(after_s, until_s, signals)


class Counting(EverySamples):
    """Each device asks after some samples, which it must be told of."""

    def __init__(self, seed: int, devices: int, tick_s: float) -> None:
        super().__init__(seed, devices, tick_s, EverySamplesOptions(n=25))
        self._tick_s = tick_s

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        _tell(after_s, self._tick_s)
        return super().plan(after_s, until_s, signals)


class Alarmed(Detector):
    """Each device asks when its errors rise."""

    def __init__(self, seed: int, devices: int, tick_s: float) -> None:
        detector = {"kind": "page_hinkley", "threshold": 1.5, "minimum": 8}
        super().__init__(seed, devices, tick_s, DetectorOptions(signal="error", detector=detector))
        self._tick_s = tick_s

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        _tell(after_s, self._tick_s)
        return super().plan(after_s, until_s, signals)
