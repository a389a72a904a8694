"""What a device is waiting for, and the one rule for equal times."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


def in_force(since_s: Any, at_s: Any) -> Any:
    """Return whether what changed at ``since_s`` holds for a sample at ``at_s``: strictly after, never at once.

    The one rule for equal times: updates, concepts and phases all take effect after their moment. Takes
    floats or arrays that broadcast.
    """
    return since_s < at_s


class Phase(IntEnum):
    """What a device is waiting for since its latest concept change; regret is split by it.

    ``STRADDLING``: an update is installed whose window reaches back over the change, more old samples in it than new.
    ``LEARNING`` is a phase of devices that learn by themselves only.
    """

    UNDETECTED = 0
    LABELS = 1
    UPLINK = 2
    CLOUD_QUEUE = 3
    SERVICE = 4
    DOWNLINK = 5
    LOST = 6
    RESIDUAL = 7
    STRADDLING = 8
    LEARNING = 9


#: The phases of an exchange with the cloud, which every run has.
CLOUD_PHASES = tuple(phase for phase in Phase if phase is not Phase.LEARNING)
