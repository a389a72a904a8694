"""When to take a checkpoint: by wall time, which decides nothing else."""

from __future__ import annotations

import time
from math import inf

#: The least time between two checkpoints, unless the scenario names one [s].
LEAST_S = 30.0
#: After a checkpoint that took a second nothing is written for this long [s]: 2 % of a run at most.
REST = 50.0


class Pace:
    """Tells when it is time; ``every`` is a wall time [s], ``auto`` or ``off``."""

    def __init__(self, every: float | str) -> None:
        self._every_s = {"auto": LEAST_S, "off": inf}[every] if isinstance(every, str) else every
        self._automatic = every == "auto"
        self._next_s = time.monotonic() + self._every_s

    def due(self) -> bool:
        """Say whether it is time."""
        return time.monotonic() >= self._next_s

    def took(self, wall_s: float) -> None:
        """Note that a checkpoint was taken just now, in ``wall_s``."""
        rest_s = max(self._every_s, REST * wall_s) if self._automatic else self._every_s
        self._next_s = time.monotonic() + rest_s
