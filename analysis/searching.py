"""Search for the point of a box at which something is lowest, and shrink what led there to what is needed.

A space-filling half (Sobol's sequence, scrambled by the seed), then steps around the lowest point so far that get
smaller: few tries, no gradients, noise that the same seeds pair away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Change = TypeVar("Change", bound=Hashable)
#: Standard deviation of the first and of the last local step, as shares of each side of the box.
_STEPS = (0.25, 0.05)


@dataclass(frozen=True)
class Side:
    """One side of the box, from ``low`` to ``high``; even in the logarithm where both are above zero."""

    low: float
    high: float

    def at(self, share: float) -> float:
        """Return the value at a share of the way, in three digits: what is tried is to be written down."""
        if self.low > 0:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        return min(max(float(f"{value:.2e}"), self.low), self.high)


def lowest(
    objective: Callable[[tuple[float, ...]], float], sides: Sequence[Side], tries: int, seed: int = 0
) -> tuple[tuple[float, ...], float]:
    """Return the point with the lowest objective of so many tries, and that objective; NaN is never the lowest."""
    rng = np.random.Generator(np.random.Philox(seed))
    best, least = None, math.inf
    first = _spread(len(sides), max(1, tries // 2), seed)
    for number in range(tries):
        local = number >= len(first) and best is not None
        shares = _near(best, number, tries, rng) if local and best is not None else first[number % len(first)]
        found = objective(tuple(side.at(float(share)) for side, share in zip(sides, shares, strict=True)))
        if found < least or best is None:
            best, least = shares, found if not math.isnan(found) else math.inf
    assert best is not None
    return tuple(side.at(float(share)) for side, share in zip(sides, best, strict=True)), least


def needed(changes: Sequence[Change], suffices: Callable[[tuple[Change, ...]], bool]) -> tuple[Change, ...]:
    """Return a part of the changes that suffices and of which none can be left out alone; greedy, the last first.

    Source: Zeller and Hildebrandt, IEEE Trans. Software Engineering 28, 2002 (the result is 1-minimal).
    """
    kept = tuple(changes)
    again = True
    while again:
        again = False
        for change in reversed(kept):
            fewer = tuple(one for one in kept if one != change)
            if suffices(fewer):
                kept, again = fewer, True
    return kept


def _spread(sides: int, points: int, seed: int) -> NDArray[np.float64]:
    # Only here: scipy.stats takes a second to load.
    from scipy.stats.qmc import Sobol

    # A power of two keeps the sequence balanced.
    return np.asarray(Sobol(sides, seed=seed).random_base2(max(0, math.ceil(math.log2(points))))[:points])


def _near(best: NDArray[np.float64], number: int, tries: int, rng: np.random.Generator) -> NDArray[np.float64]:
    done = 2 * number / tries - 1
    step = _STEPS[0] * (_STEPS[1] / _STEPS[0]) ** done
    return np.clip(best + rng.normal(0.0, step, len(best)), 0.0, 1.0)
