"""What crosses a line, and what can become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from sim.clock import Telling
from sim.lines.presence import Presence

#: A story that returns (when the crossing ended [s], how).
Crossing = Telling


class Fate(Enum):
    """How a crossing ends."""

    ARRIVED = "arrived"
    LOST = "lost"
    ABORTED = "aborted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


@dataclass(slots=True)
class Message:
    """One message on its way.

    Attributes:
        number: the exchange's among those of its device; with ``attempt``, the key of the message's luck.
        nbytes: payload, without headers.
        latency_s: one draw for each hop.
        weighed: told what a line really sends for it: (bytes on its first hop, bytes sent again), with headers.
        presence: when its device is there; None for always.
    """

    device: int
    number: int
    nbytes: int
    latency_s: tuple[float, ...]
    weighed: Callable[[int, int], None]
    presence: Presence | None = None
    attempt: int = 0


class Hop(NamedTuple):
    """The place of a line on a route: its number there, and whether the device itself is at one end."""

    number: int
    access: bool
