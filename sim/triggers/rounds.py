"""The cloud asks: rounds in which it calls devices, and they learn and report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Annotated

import numpy as np

from agents.contract import Watch
from agents.contract.component import option
from agents.contract.forms import Interval, PositiveCount, PositiveTime, Share
from sim.triggers.base import Asks, Numbering, no_asks


@dataclass(frozen=True)
class RoundsOptions:
    """Federated rounds: the cloud calls devices, they learn and report."""

    every: PositiveTime = option(description="time between rounds")
    cohort_size: PositiveCount = option(description="reports that a round is after")
    over_select: Annotated[float, Interval(ge=1)] = option(1.0, "call this many times more devices")
    wait_for: Share = option(1.0, "close the round when this share has reported")
    timeout: PositiveTime | None = option(None, "close the round then at the latest")

    @property
    def called(self) -> int:
        """How many devices a round calls."""
        return ceil(self.cohort_size * self.over_select)

    @property
    def enough(self) -> int:
        """With how many reports a round closes."""
        return max(1, ceil(self.cohort_size * self.wait_for))


class Rounds:
    """Devices ask nothing by themselves; ``rounds`` says when the cloud calls them (:mod:`sim.exchanges.rounds`)."""

    watches: tuple[Watch | str, ...] = ()

    def __init__(self, seed: int, devices: int, tick_s: float, options: RoundsOptions) -> None:
        self._numbering = Numbering(devices)
        self.rounds = options

    def plan(self, after_s: float, until_s: float, signals: Mapping[str, np.ndarray]) -> Asks:
        return no_asks(self._numbering)
