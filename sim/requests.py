"""From the asks of a trigger to exchanges with their luck drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.laws import Constant, Law
from sim.records import Exchange, Luck
from sim.triggers import Asks

#: Draws one value for each of some asks: (device, number) -> float64 of the same length.
Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]


#: Hops of one route are kept apart in the key of their luck.
_HOP = 1 << 40


def draw_from(law: Law, seed: int, purpose: Purpose, hop: int = 0) -> Draw:
    """Return the draws of a law, keyed by device and number of the ask (and hop), whatever else happens."""
    if isinstance(law, Constant):
        return lambda device, number: np.full(len(device), law.value)
    return lambda device, number: law.quantile(uniforms(seed, purpose, device, number + hop * _HOP))


def total(draws: Sequence[Draw]) -> Draw:
    """Return the sum of independent draws; of none, zeros."""
    return lambda device, number: sum((draw(device, number) for draw in draws), np.zeros(len(device)))


def by_cohort(draws: Sequence[Draw], first_device: np.ndarray) -> Draw:
    """Return one draw that uses the law of each device's own cohort; ``first_device`` starts each cohort."""
    if len(draws) == 1:
        return draws[0]

    def draw(device: np.ndarray, number: np.ndarray) -> np.ndarray:
        cohort = np.searchsorted(first_device, device, side="right") - 1
        out = np.empty(len(device))
        for index in np.unique(cohort):
            mine = cohort == index
            out[mine] = draws[index](device[mine], number[mine])
        return out

    return draw


@dataclass(frozen=True)
class Chances:
    """Everything about an exchange that is left to chance (or constant, a law like any other).

    Latencies are one draw for each hop of the longest route.
    """

    payload_bytes: Draw
    update_bytes: Draw
    up_latency_s: Sequence[Draw]
    down_latency_s: Sequence[Draw]
    service_s: Draw


class Registry:
    """Gives tickets in the order of the asks and keeps every exchange of the run."""

    def __init__(self, chances: Chances) -> None:
        self._chances = chances
        self.exchanges: list[Exchange] = []
        self._next_ticket = 0

    def prepare(self, asks: Asks) -> list[Exchange]:
        """Return one exchange per ask, luck drawn, in order; tickets are given when they are kept."""
        device, number = asks.device, asks.number
        chances = self._chances
        columns = (
            np.rint(chances.payload_bytes(device, number)).astype(np.int64).tolist(),
            np.rint(chances.update_bytes(device, number)).astype(np.int64).tolist(),
            _by_exchange(chances.up_latency_s, device, number),
            _by_exchange(chances.down_latency_s, device, number),
            chances.service_s(device, number).tolist(),
        )
        tickets = range(self._next_ticket, self._next_ticket + len(device))
        self._next_ticket += len(device)
        luck = map(Luck, *columns)
        return list(map(Exchange, tickets, device.tolist(), number.tolist(), asks.at_s.tolist(), luck))

    def keep(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


def _by_exchange(hops: Sequence[Draw], device: np.ndarray, number: np.ndarray) -> list[tuple[float, ...]]:
    """Return for each exchange the draws of all hops."""
    return list(zip(*(draw(device, number).tolist() for draw in hops), strict=True))
