"""Orders: what the timing plane has the data plane do, one by one, and when they take effect."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple


def in_force(since_s: Any, at_s: Any) -> Any:
    """Say whether what changed at ``since_s`` holds for a sample at ``at_s``: strictly after, never at once.

    The one rule for equal times: updates, concepts and phases all take effect after their moment. Takes
    floats or arrays that broadcast.
    """
    return since_s < at_s


class Phase(IntEnum):
    """What a device is waiting for since its latest concept change; regret is split by it."""

    UNDETECTED = 0
    LABELS = 1
    UPLINK = 2
    CLOUD_QUEUE = 3
    SERVICE = 4
    DOWNLINK = 5
    LOST = 6
    RESIDUAL = 7


class Collect(NamedTuple):
    """The device hands its payload over at ``at_s``."""

    ticket: int
    device: int
    at_s: float


class Adapt(NamedTuple):
    """The cloud turns the payloads of ``tickets`` into updates, in this order (one batch or one round)."""

    tickets: tuple[int, ...]
    at_s: float


class Install(NamedTuple):
    """The update of ``ticket`` takes effect on the device strictly after ``at_s``."""

    ticket: int
    device: int
    at_s: float


class Progress(NamedTuple):
    """The exchange of ``ticket`` enters ``phase`` at ``at_s``: what regret is attributed to."""

    ticket: int
    device: int
    at_s: float
    phase: Phase


class Discard(NamedTuple):
    """Nothing will come of ``ticket`` any more (lost, rejected, superseded): forget its payload and update."""

    ticket: int
    device: int
    at_s: float


Order = Collect | Adapt | Install | Progress | Discard
