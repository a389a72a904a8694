"""A rate over time as a pure function: how much a link carries, and when it has carried enough.

Everything that follows (queues, sharing) asks only the four questions of :class:`Rate`; the answers never
depend on what was asked before. Rates are bits per second; a cloud server's speed is a rate too, in seconds
of work per second.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Protocol

from agents.seeding import Purpose


class Rate(Protocol):
    """A non-negative rate as a function of virtual time, from 0 on.

    Intervals are (from, until], so that what arrives in one instant is counted once.
    """

    @property
    def grain_bits(self) -> float:
        """Return what arrives in one instant (a packet's opportunity), or 0 if the rate is a fluid."""
        ...

    def at(self, t_s: float) -> float:
        """Return the rate at ``t_s`` [bit/s], continuous from the right."""
        ...

    def bits(self, from_s: float, until_s: float) -> float:
        """Return how many bits are carried in (from_s, until_s]."""
        ...

    def when(self, from_s: float, bits: float) -> float:
        """Return the earliest time by which ``bits`` are carried from ``from_s`` on; ``inf`` if never."""
        ...

    def next_change_s(self, t_s: float) -> float:
        """Return the first time after ``t_s`` that may bring another rate; ``inf`` if none."""
        ...


@dataclass(frozen=True)
class RatePlace:
    """Where a rate is: one direction of a link, of which there may be many instances, in a run up to ``horizon_s``."""

    link: str
    direction: str
    seed: int
    horizon_s: float = math.inf

    @property
    def purpose(self) -> Purpose:
        """What keys the random draws of this direction."""
        return Purpose.RATE_STATE if self.direction == "up" else Purpose.RATE_STATE_DOWN

    def key(self, instance: int) -> int:
        """Return the number that keys the random draws of an instance, the same in both directions."""
        return key_of(self.link, instance)


def key_of(link: str, instance: int) -> int:
    """Return the number that keys the random draws of an instance of a link."""
    return (zlib.crc32(link.encode()) << 24) + instance


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant rate. Zero is allowed: nothing ever arrives.

    Raises:
        ValueError: the rate is negative, infinite or not a number.
    """

    bps: float

    def __post_init__(self) -> None:
        require_rate(self.bps)

    @property
    def grain_bits(self) -> float:
        return 0.0

    def at(self, t_s: float) -> float:
        return self.bps

    def bits(self, from_s: float, until_s: float) -> float:
        return self.bps * (until_s - from_s)

    def when(self, from_s: float, bits: float) -> float:
        if bits <= 0.0:
            return from_s
        return from_s + bits / self.bps if self.bps else math.inf

    def next_change_s(self, t_s: float) -> float:
        return math.inf


@dataclass(frozen=True, slots=True)
class Scaled:
    """Another rate times a constant: one trace serves a fleet whose devices have different mean rates.

    Raises:
        ValueError: the factor is negative, infinite or not a number.
    """

    rate: Rate
    factor: float

    def __post_init__(self) -> None:
        require_rate(self.factor)

    @property
    def grain_bits(self) -> float:
        return self.rate.grain_bits * self.factor

    def at(self, t_s: float) -> float:
        return self.rate.at(t_s) * self.factor

    def bits(self, from_s: float, until_s: float) -> float:
        return self.rate.bits(from_s, until_s) * self.factor

    def when(self, from_s: float, bits: float) -> float:
        if bits <= 0.0:
            return from_s
        return self.rate.when(from_s, bits / self.factor) if self.factor else math.inf

    def next_change_s(self, t_s: float) -> float:
        return self.rate.next_change_s(t_s)


def require_rate(value: float) -> float:
    """Return ``value`` if it can be a rate, that is finite and not negative.

    Raises:
        ValueError: it cannot.
    """
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"a rate of {value!r} must be a finite number >= 0")
    return value
