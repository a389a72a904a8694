"""A device asks after so many samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.contract import Watch
from agents.contract.component import option
from agents.contract.forms import PositiveCount
from agents.seeding import Purpose, uniforms
from sim.triggers.base import Asks, Numbering, no_asks


@dataclass(frozen=True)
class EverySamplesOptions:
    """After every ``n`` samples, noticed at the next tick."""

    n: PositiveCount = option(description="samples between requests")


class EverySamples:
    """A device asks once it has seen ``n`` samples since it last asked.

    The count is looked at on ticks, as a monitoring device would; the ask leaves at the device's own phase
    within the following tick, so that a fleet never asks in lockstep.
    """

    watches: tuple[Watch | str, ...] = ("samples",)

    def __init__(self, seed: int, devices: int, tick_s: float, options: EverySamplesOptions) -> None:
        self._numbering = Numbering(devices)
        self._n = options.n
        self._seen_at_ask = np.zeros(devices, np.int64)
        self._phase_s = uniforms(seed, Purpose.DEVICE_PHASE, np.arange(devices)) * tick_s

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        if "samples" not in signals:
            return no_asks(self._numbering)
        seen = signals["samples"]
        due = np.flatnonzero(seen - self._seen_at_ask >= self._n)
        self._seen_at_ask[due] = seen[due]
        return self._numbering.asks(due, np.minimum(after_s + self._phase_s[due], until_s))
