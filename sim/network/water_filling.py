"""Weighted max-min fair rates by progressive filling: the arithmetic of one moment, without time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Protocol


class Demand(Protocol):
    """What wants a share: it crosses ``path``, weighs ``weight``, and takes at most ``weight * cap``."""

    @property
    def path(self) -> Sequence[Hashable]: ...

    @property
    def weight(self) -> float: ...

    @property
    def cap(self) -> float: ...


def fill(demands: Sequence[Demand], capacity_bps: Mapping[Hashable, float]) -> list[float]:
    """Return the level (rate per unit of weight) of each demand under global max-min fairness.

    All levels rise together; a demand stops at its cap or when a link on its path is full. No level can then
    rise without lowering one that is no higher.

    Args:
        demands: paths name no link twice; a demand without links has a finite cap.
        capacity_bps: of every link on a path.

    Source: Bertsekas and Gallager, "Data Networks", 2nd ed. (1992), section 6.5.2.
    """
    return _Filling(demands, capacity_bps).levels


class _Filling:
    """One progressive filling: each link and each cap waits in a heap for the level at which it binds."""

    def __init__(self, demands: Sequence[Demand], capacity_bps: Mapping[Hashable, float]) -> None:
        self.demands = demands
        self.levels = [-1.0] * len(demands)
        self.left_bps: dict[Hashable, float] = {}
        self.weight: dict[Hashable, float] = {}
        self.crossing: dict[Hashable, list[int]] = {}
        self.rising: dict[Hashable, int] = {}
        self._enrol(capacity_bps)
        self._rise()

    def _enrol(self, capacity_bps: Mapping[Hashable, float]) -> None:
        for i, demand in enumerate(self.demands):
            for link in demand.path:
                if link not in self.crossing:
                    self.left_bps[link], self.weight[link], self.crossing[link] = capacity_bps[link], 0.0, []
                self.weight[link] += demand.weight
                self.crossing[link].append(i)
        self.rising = {link: len(crossing) for link, crossing in self.crossing.items()}

    def _rise(self) -> None:
        links = list(self.crossing)
        caps = sorted((demand.cap, i) for i, demand in enumerate(self.demands))
        full = [(self.left_bps[link] / self.weight[link], k) for k, link in enumerate(links)]
        heapify(full)
        next_cap = 0
        while full or next_cap < len(caps):
            if full and (next_cap == len(caps) or full[0][0] < caps[next_cap][0]):
                self._fill_up(*heappop(full), links, full)
            else:
                self._stop(caps[next_cap][1], caps[next_cap][0])
                next_cap += 1

    def _fill_up(self, level: float, k: int, links: list[Hashable], full: list[tuple[float, int]]) -> None:
        link = links[k]
        if not self.rising[link]:
            return
        now = max(self.left_bps[link], 0.0) / self.weight[link]
        if now > level:
            # Others stopped before they took their share here: this link fills later than foreseen.
            heappush(full, (now, k))
            return
        for i in self.crossing[link]:
            self._stop(i, level)

    def _stop(self, i: int, level: float) -> None:
        if self.levels[i] >= 0.0:
            return
        self.levels[i] = level
        demand = self.demands[i]
        for link in demand.path:
            self.rising[link] -= 1
            self.weight[link] -= demand.weight
            self.left_bps[link] -= demand.weight * level
