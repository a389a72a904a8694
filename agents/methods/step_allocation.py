"""How a cloud shares its training steps among the models that wait: by what a short trial promises each.

Padmanabhan et al., "Ekya", NSDI 2022: retraining jobs are profiled by a few steps, their curves are carried on, and
steps are moved to where accuracy rises most. Curves here are concave, so that handing out steps one part at a time to
the steepest is the best division there is; Ekya moves them between pairs until nothing improves.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

#: What accuracy may never reach, tried in turn as shares of the error that a trial ended with.
_CEILINGS = np.linspace(0.0, 0.95, 20)
#: An error is never taken to be less than this.
_LEAST = 1e-6


class Curves(NamedTuple):
    """Accuracy as a function of steps: ``1 - (1 / (slope * steps + base) + rest)``; float64 [jobs] each."""

    slope: np.ndarray
    base: np.ndarray
    rest: np.ndarray

    def at(self, steps: np.ndarray) -> np.ndarray:
        """Return the accuracy after so many steps [n]: [jobs, n]."""
        return np.asarray(1.0 - (1.0 / (np.outer(self.slope, steps) + self.base[:, None]) + self.rest[:, None]))


def fitted_curves(steps: np.ndarray, accuracy: np.ndarray) -> Curves:
    """Return the curves with the least squared errors; ``accuracy`` [jobs, n] was seen after ``steps`` [n].

    For each ceiling that is tried, the reciprocal of what is left below it is a line in the steps.
    """
    error = np.maximum(1.0 - accuracy, _LEAST)
    tried = [_line(steps, error, share * error.min(axis=1)) for share in _CEILINGS]
    missed = np.stack([((one.at(steps) - accuracy) ** 2).sum(axis=1) for one in tried])
    best, jobs = missed.argmin(axis=0), np.arange(len(accuracy))
    return Curves(*(np.stack(part)[best, jobs] for part in zip(*tried, strict=True)))


def _line(steps: np.ndarray, error: np.ndarray, rest: np.ndarray) -> Curves:
    """Return curves with so much ``rest`` [jobs]; one that would fall is level instead."""
    left = 1.0 / (error - rest[:, None])
    centred = steps - steps.mean()
    slope = np.maximum((left * centred).sum(axis=1) / (centred**2).sum(), 0.0)
    # A line that would start below an accuracy of nothing starts there.
    base = np.maximum(left.mean(axis=1) - slope * steps.mean(), 1.0 / (1.0 - rest))
    return Curves(slope, base, rest)


def handed_out(promised: np.ndarray, parts: int) -> np.ndarray:
    """Return how many of ``parts`` each job gets, int64 [jobs]: the next to where most is gained, if any.

    ``promised`` [jobs, k + 1] is what each job reaches with 0 to k parts, in concave rows.
    """
    gains = np.diff(promised, axis=1)
    given = np.zeros(len(gains), np.int64)
    waiting = [(-gain, job) for job, gain in enumerate(gains[:, 0].tolist()) if gain > 0.0]
    heapq.heapify(waiting)
    for _ in range(parts):
        if not waiting:
            break
        _, job = heapq.heappop(waiting)
        given[job] += 1
        if given[job] < gains.shape[1] and gains[job, given[job]] > 0.0:
            heapq.heappush(waiting, (-float(gains[job, given[job]]), job))
    return given
