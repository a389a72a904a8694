"""Weighted max-min fair rates by progressive filling: the arithmetic of one moment, without time."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Protocol


class Demand(Protocol):
    """A demand for a share: it crosses ``path``, weighs ``weight``, and takes at most ``weight * cap``."""

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
    """One progressive filling: each link and each cap waits for the level at which it binds."""

    def __init__(self, demands: Sequence[Demand], capacity_bps: Mapping[Hashable, float]) -> None:
        self.paths = [demand.path for demand in demands]
        self.weights = [demand.weight for demand in demands]
        self.caps = sorted((demand.cap, i) for i, demand in enumerate(demands) if demand.cap < math.inf)
        self.levels = [-1.0] * len(demands)
        self.states: dict[Hashable, _LinkState] = {}
        self._add(capacity_bps)
        self._rise()

    def _add(self, capacity_bps: Mapping[Hashable, float]) -> None:
        for i, path in enumerate(self.paths):
            for link in path:
                state = self.states.get(link)
                if state is None:
                    state = self.states[link] = _LinkState(capacity_bps[link])
                state.weight += self.weights[i]
                state.crossing.append(i)
                state.unfrozen += 1

    def _rise(self) -> None:
        states = list(self.states.values())
        full = [(state.level(), k) for k, state in enumerate(states)]
        heapify(full)
        next_cap = 0
        while full or next_cap < len(self.caps):
            if full and (next_cap == len(self.caps) or full[0][0] < self.caps[next_cap][0]):
                level, k = heappop(full)
                self._fill_to(states[k], level, k, full)
            else:
                cap, i = self.caps[next_cap]
                self._stop((i,), cap)
                next_cap += 1

    def _fill_to(self, state: _LinkState, level: float, k: int, full: list[tuple[float, int]]) -> None:
        if not state.unfrozen:
            return
        now = state.level()
        if now > level:
            # Others stopped before they took their share here: this link fills later than expected.
            heappush(full, (now, k))
        else:
            self._stop(state.crossing, level)

    def _stop(self, demands: Iterable[int], level: float) -> None:
        for i in demands:
            if self.levels[i] < 0.0:
                self.levels[i] = level
                for link in self.paths[i]:
                    self.states[link].stop(self.weights[i], level)


class _LinkState:
    """A link that fills up: what it has left, and the weight of those whose level still rises."""

    __slots__ = ("crossing", "left_bps", "unfrozen", "weight")

    def __init__(self, left_bps: float) -> None:
        self.left_bps = left_bps
        self.weight = 0.0
        self.crossing: list[int] = []
        self.unfrozen = 0

    def level(self) -> float:
        """Return the level at which the link is full if no demand stops before."""
        return max(self.left_bps, 0.0) / self.weight

    def stop(self, weight: float, level: float) -> None:
        self.unfrozen -= 1
        self.weight -= weight
        self.left_bps -= weight * level
