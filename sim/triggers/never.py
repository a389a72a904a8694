"""Devices never ask."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.contract import Watch
from sim.triggers.base import Asks, Numbering, no_asks


class Never:
    """No device asks."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, tick_s: float) -> None:
        self._numbering = Numbering(devices)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        return no_asks(self._numbering)
