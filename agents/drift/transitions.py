"""Transitions between concepts that need no levels between them: sudden, gradual, recurring, blip.

A transition defines what it does to the samples it affects (:class:`AffectedSamples`), and when it may assign
another concept, so that the ground truth needs no sample. Moments are ``start + k * period``; one comparison decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from agents.streams.base import BlockId


@dataclass(frozen=True)
class AffectedSamples:
    """Samples that a schedule entry affects; all arrays [samples], all times strictly after their start.

    They are found when a transition looks at them: the most frequent ones never do.

    Attributes:
        block: the block that the samples belong to.
        find: returns what they are, as :meth:`of` takes it.
    """

    block: BlockId
    find: Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, block: BlockId, row: np.ndarray, start_s: np.ndarray, time_s: np.ndarray) -> AffectedSamples:
        """Return samples that are known."""
        return cls(block, lambda: (row, start_s, time_s))

    @property
    def row(self) -> np.ndarray:
        """Which device of the block each belongs to."""
        return self._found[0]

    @property
    def start_s(self) -> np.ndarray:
        """When the entry starts for that device."""
        return self._found[1]

    @property
    def time_s(self) -> np.ndarray:
        """When each arrives."""
        return self._found[2]

    @cached_property
    def _found(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.find()

    def turn(self, period_s: float) -> np.ndarray:
        """Return which period since the start each sample falls into, from 0: int64 [samples].

        Period k is (start + k * period, start + (k + 1) * period]; these very numbers are the moments of change.
        """
        turn = np.floor((self.time_s - self.start_s) / period_s)
        # The division may round either way: the moments themselves decide.
        turn += self.time_s > self.start_s + (turn + 1) * period_s
        turn -= self.time_s <= self.start_s + turn * period_s
        return turn.astype(np.int64)


class Transition(Protocol):
    """What one schedule entry does to the samples it affects.

    Attributes:
        targets: the concepts that may be in force when it is over; none where the earlier one returns.
        seen: the concepts that it shows, on the way or at the end.
    """

    @property
    def takes_s(self) -> float:
        """How long it is on the way [s]; infinite if it never ends."""
        ...

    @property
    def targets(self) -> tuple[int, ...]: ...

    @property
    def seen(self) -> tuple[int, ...]: ...

    def follow(self, concept: np.ndarray, affected: AffectedSamples) -> np.ndarray:
        """Return the concepts that follow ``concept`` [samples] for samples that have gone over."""
        ...

    def share(self, affected: AffectedSamples) -> np.ndarray | None:
        """Return the share of samples that have gone over, [samples], or None for all of them."""
        ...

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        """Return when it may assign another concept [s], float64 [devices, moments]; infinite starts stay infinite."""
        ...

    def counts(self, moments: int) -> np.ndarray:
        """Return which of that many moments count as a change of concept: bool [moments]."""
        ...


class Abrupt:
    """The base of most transitions: every sample changes at once, and each moment is a change."""

    def share(self, affected: AffectedSamples) -> np.ndarray | None:
        return None

    def counts(self, moments: int) -> np.ndarray:
        return np.ones(moments, bool)


@dataclass(frozen=True)
class Sudden(Abrupt):
    """From one sample to the next."""

    targets: tuple[int, ...]
    takes_s: float = 0.0

    @property
    def seen(self) -> tuple[int, ...]:
        return self.targets

    def follow(self, concept: np.ndarray, affected: AffectedSamples) -> np.ndarray:
        return np.full_like(concept, self.targets[0])

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return start_s[:, None]


@dataclass(frozen=True)
class Gradual:
    """By mixing: a growing share of the samples follows the new concept; linear or sigmoid in time.

    It counts as one change, at its start. The sigmoid is the logistic function from -6 to 6, stretched to reach 0
    and 1.
    """

    targets: tuple[int, ...]
    takes_s: float
    mixing: str

    @property
    def seen(self) -> tuple[int, ...]:
        return self.targets

    def follow(self, concept: np.ndarray, affected: AffectedSamples) -> np.ndarray:
        return np.full_like(concept, self.targets[0])

    def share(self, affected: AffectedSamples) -> np.ndarray | None:
        over = affected.time_s >= affected.start_s + self.takes_s
        progress = np.clip((affected.time_s - affected.start_s) / self.takes_s, 0.0, 1.0)
        return np.where(over, 1.0, self.mixed(progress))

    def mixed(self, progress: np.ndarray) -> np.ndarray:
        """Return the share of new samples when ``progress`` (0 to 1) of the time has passed."""
        if self.mixing == "linear":
            return progress
        low, high = _logistic(-6.0), _logistic(6.0)
        return (_logistic(12.0 * progress - 6.0) - low) / (high - low)

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return np.stack([start_s, start_s + self.takes_s], 1)

    def counts(self, moments: int) -> np.ndarray:
        return np.arange(moments) == 0


@dataclass(frozen=True)
class Recurring(Abrupt):
    """Recurring: each of ``targets`` in turn for ``every_s``."""

    targets: tuple[int, ...]
    every_s: float
    takes_s: float = 0.0

    @property
    def seen(self) -> tuple[int, ...]:
        return self.targets

    def follow(self, concept: np.ndarray, affected: AffectedSamples) -> np.ndarray:
        return np.asarray(self.targets, np.int16)[affected.turn(self.every_s) % len(self.targets)]

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return periods_s(start_s, self.every_s, end_s)


@dataclass(frozen=True)
class Blip(Abrupt):
    """For a short while; then the concept before it is in force again."""

    seen: tuple[int, ...]
    takes_s: float
    targets: tuple[int, ...] = ()

    def follow(self, concept: np.ndarray, affected: AffectedSamples) -> np.ndarray:
        return np.where(affected.time_s > affected.start_s + self.takes_s, concept, np.int16(self.seen[0]))

    def moments_s(self, start_s: np.ndarray, end_s: float) -> np.ndarray:
        return np.stack([start_s, start_s + self.takes_s], 1)


def periods_s(start_s: np.ndarray, period_s: float, end_s: float) -> np.ndarray:
    """Return ``start + k * period`` for all k that matter before ``end_s``: float64 [devices, moments]."""
    first_s = start_s.min(initial=np.inf)
    moments = max(1, int((end_s - first_s) / period_s) + 2) if first_s < end_s else 1
    return start_s[:, None] + np.arange(moments) * period_s


def _logistic(z: np.ndarray | float) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(z))))
