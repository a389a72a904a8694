"""The trigger that never asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from agents.contract import Watch
from sim.triggers.asks import Asks, Numbering, Setting, nobody


class Never:
    """No device asks."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, devices: int) -> None:
        self._numbering = Numbering(devices)

    @classmethod
    def build(cls, options: Any, setting: Setting) -> Self:
        """Return the trigger that a scenario describes."""
        return cls(setting.devices)

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        return nobody(self._numbering)
