"""How a generator moves on its own, independent of drift: a steady turn and shift, and random walks of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.drift.random_walks import RandomWalks
from agents.seeding import Purpose
from agents.streams.base import BlockId
from agents.tasks.synthetic.options import TurnOptions, WalkOptions


class MotionWalks(RandomWalks):
    """A random walk on the whole line, with normal steps: each device's own, or one for the whole fleet."""

    purpose = Purpose.MOTION_WALK

    def __init__(self, seed: int, number: int, step: float, together: bool) -> None:
        super().__init__(seed, number, step)
        self._together = together

    def keys(self, block: BlockId) -> np.ndarray:
        return np.zeros(block.width, np.uint64) if self._together else super().keys(block)

    def shown(self, walk: np.ndarray) -> np.ndarray:
        return walk


@dataclass(frozen=True)
class Motion:
    """Where the world of each device has gone at a time.

    Attributes:
        rotate_deg_per_s, shift_per_s: the steady motion, alike for all.
        every_s: time between steps of the walks.
        turning, shifting: the walks [deg, standard deviations], or None.
    """

    rotate_deg_per_s: float
    shift_per_s: float
    every_s: float
    turning: MotionWalks | None
    shifting: MotionWalks | None

    def angle_deg(self, block: BlockId, row: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Return by how much the worlds of devices ``row`` are turned at ``time_s``; arrays of one shape."""
        return self.rotate_deg_per_s * time_s + self._walked(self.turning, block, row, time_s)

    def shift(self, block: BlockId, row: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Return by how much they are shifted."""
        return self.shift_per_s * time_s + self._walked(self.shifting, block, row, time_s)

    def _walked(self, walk: MotionWalks | None, block: BlockId, row: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        if walk is None:
            return np.zeros(time_s.shape)
        # A step taken at s is in force strictly after s, like every change.
        steps = np.maximum(np.ceil(time_s / self.every_s) - 1, 0).astype(np.int64)
        return walk.strength(block, row.ravel(), steps.ravel()).reshape(time_s.shape)


def make_motion(seed: int, rotate_deg_per_s: float, shift_per_s: float, walk: TurnOptions | None) -> Motion:
    """Return the motion of a world."""
    if walk is None:
        return Motion(rotate_deg_per_s, shift_per_s, np.inf, None, None)
    steps = walk.rotate, walk.shift if isinstance(walk, WalkOptions) else 0.0
    turning, shifting = (
        MotionWalks(seed, number, step, walk.together) if step else None for number, step in enumerate(steps)
    )
    return Motion(rotate_deg_per_s, shift_per_s, walk.every, turning, shifting)
