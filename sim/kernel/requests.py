"""From the asks of a trigger to requests with their random draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.distributions import Constant, Distribution
from sim.triggers.base import Asks

#: Draws one value for each of some asks: (device, number) -> float64 of the same length.
Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]

#: Hops of one route are kept apart in the key of their draws.
_HOP = 1 << 40


def draw_from(distribution: Distribution, seed: int, purpose: Purpose, hop: int = 0) -> Draw:
    """Return the draws of a law, keyed by device and number of the ask (and hop), independent of all else."""
    if isinstance(distribution, Constant):
        return lambda device, number: np.full(len(device), distribution.value)
    return lambda device, number: distribution.quantile(uniforms(seed, purpose, device, number + hop * _HOP))


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


class Tickets:
    """Numbers of exchanges, from 0, in the order in which they are asked for."""

    def __init__(self) -> None:
        self.given = 0

    def take(self, count: int = 1) -> int:
        """Return the first of so many new numbers."""
        self.given += count
        return self.given - count


@dataclass(frozen=True)
class Requests:
    """Some asks with their random draws, as parallel arrays in the order of the asks.

    Attributes:
        ticket, device, number: int64; tickets count the asks of the run.
        at_s: when the device asks.
        payload_bytes, update_bytes: int64, without headers.
        up_latency_s, down_latency_s: float64 [hops, requests].
        service_s: float64.
        step_s: float64, how long the device takes for one step of learning; None if none learns.
    """

    ticket: np.ndarray
    device: np.ndarray
    number: np.ndarray
    at_s: np.ndarray
    payload_bytes: np.ndarray
    update_bytes: np.ndarray
    up_latency_s: np.ndarray
    down_latency_s: np.ndarray
    service_s: np.ndarray
    step_s: np.ndarray | None = None


class RequestSource(Protocol):
    """What makes the random draws of requests."""

    def draw(self, asks: Asks, first_ticket: int) -> Requests:
        """Draw for some asks; the first one gets the number ``first_ticket``."""
        ...


@dataclass(frozen=True)
class RequestSampler:
    """All random quantities of an exchange (a constant is a distribution like any other).

    Latencies are one draw for each hop of the longest route.
    """

    payload_bytes: Draw
    update_bytes: Draw
    up_latency_s: Sequence[Draw]
    down_latency_s: Sequence[Draw]
    service_s: Draw
    step_s: Draw | None = None

    def draw(self, asks: Asks, first_ticket: int) -> Requests:
        """Draw for some asks; draws depend on (device, number), not on the order of drawing."""
        device, number = asks.device, asks.number
        return Requests(
            ticket=np.arange(first_ticket, first_ticket + len(device)),
            device=device,
            number=number,
            at_s=asks.at_s,
            payload_bytes=np.rint(self.payload_bytes(device, number)).astype(np.int64),
            update_bytes=np.rint(self.update_bytes(device, number)).astype(np.int64),
            up_latency_s=np.stack([draw(device, number) for draw in self.up_latency_s]),
            down_latency_s=np.stack([draw(device, number) for draw in self.down_latency_s]),
            service_s=self.service_s(device, number),
            step_s=None if self.step_s is None else self.step_s(device, number),
        )
