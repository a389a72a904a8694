"""What a made-up run is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DRIFT = (
    {"at_s": 300.0, "until_s": 300.0, "label": "rotate 90 deg", "cohort": None, "share": 1.0},
    {"at_s": 720.0, "until_s": 840.0, "label": "noise 0.3", "cohort": "phones", "share": 0.5},
    {"at_s": 1020.0, "until_s": 1020.0, "label": "rotate 0 deg", "cohort": None, "share": 1.0},
)


@dataclass(frozen=True)
class Plan:
    """What to make up; times in seconds; `fresh` and `stale` are accuracies with and without an update."""

    name: str = "synthetic"
    adapter: str = "persona"
    seed: int = 1
    cohorts: Mapping[str, int] = field(default_factory=lambda: {"phones": 8, "sensors": 4})
    tick_s: float = 10.0
    duration_s: float = 1200.0
    per_tick: int = 10
    period_s: float = 60.0
    uplink_s: float = 8.0
    loss: float = 0.05
    fresh: float = 0.95
    stale: float = 0.60
    up_bytes: int = 2000
    down_bytes: int = 8000
    drift: Sequence[Mapping[str, Any]] = DRIFT
    references: tuple[str, ...] = ("static", "oracle")
    timing_only: bool = False
    status: str = "complete"
    varying: bool = True
    prices: Mapping[str, Any] = field(default_factory=dict)
    cloud_power: Mapping[str, str] = field(default_factory=dict)

    @property
    def devices(self) -> list[tuple[int, str]]:
        return list(enumerate(name for name, count in self.cohorts.items() for _ in range(count)))

    @property
    def ends_s(self) -> np.ndarray:
        return np.arange(1, round(self.duration_s / self.tick_s) + 1) * self.tick_s
