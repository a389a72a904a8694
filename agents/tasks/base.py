"""What a task is: the stream that devices see, the past that the cloud has, and the truth about both.

Streams are random access: when samples arrive and what they are is drawn cell by cell of virtual time, as a
pure function of (seed, cohort, block, cell), always for the full block. A task fills cells with content.

A *pool* task (images) picks its samples from a finite set that exists once under every concept, so that a
model's features can be tabulated; a *drawn* task (laws of nature) makes every sample anew and knows the
best prediction. ``pool_size`` tells which: it is 0 for a drawn task.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch


@dataclass(frozen=True)
class Place:
    """Which block of devices: cohort index, block index within the cohort, devices in a full block."""

    cohort: int
    block: int
    width: int


@dataclass(frozen=True)
class Content:
    """What the samples of one cell are. All arrays are [devices, samples]; padding holds zeros.

    Attributes:
        ref: int64, ``concept * pool_size + image`` for a pool task, zeros for a drawn one.
        label: int16, the true class under the concept in force.
        concept: int16, the concept in force at the sample's time.
        x: float32 [devices, samples, inputs], only for drawn tasks.
        best: int16, the Bayes-optimal prediction, only where it is known.
    """

    ref: np.ndarray
    label: np.ndarray
    concept: np.ndarray
    x: np.ndarray | None = None
    best: np.ndarray | None = None


@dataclass(frozen=True)
class Past:
    """Historical, labelled data of the cloud, one row a sample.

    Attributes:
        x: float32 [rows, *input_shape], raw input as the model's trunk takes it.
        label: int64 [rows].
        concept: int64 [rows], the context of the past a row came from (not a concept of the scenario).
    """

    x: torch.Tensor
    label: torch.Tensor
    concept: torch.Tensor

    def tensors(self) -> Iterator[torch.Tensor]:
        """Yield what there is to hash, in a fixed order."""
        yield from (self.x, self.label, self.concept)


@dataclass(frozen=True)
class History:
    """The cloud's past, split so that nothing is tuned on what is later judged."""

    train: Past
    validation: Past


class Task(Protocol):
    """A data set or a law of nature that feeds every device a stream."""

    classes: int
    input_shape: tuple[int, ...]
    concepts: tuple[str, ...]
    pool_size: int

    def history(self) -> History:
        """Return the cloud's past, before t = 0; it does not depend on the drift to come."""
        ...

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the past as it would look and be labelled under a concept of the scenario.

        ``split`` is ``train`` or ``validation``; for the oracle, which refits on each concept.
        """
        ...

    def draw(self, place: Place, time_s: np.ndarray, valid: np.ndarray, rng: np.random.Generator) -> Content:
        """Fill one cell: samples at ``time_s`` [devices, samples] where ``valid``. Pure in its arguments."""
        ...

    def changes(self, place: Place) -> list[np.ndarray]:
        """Return for each device of the block the sorted times [s] at which its concept changes."""
        ...


class PoolTask(Task, Protocol):
    """A task whose samples come from a finite pool, rendered once under every concept."""

    pool_labels: np.ndarray

    def pool(self, concept: int) -> torch.Tensor:
        """Return the evaluation images under ``concept``: float32 [pool_size, *input_shape]."""
        ...


class DrawnTask(Task, Protocol):
    """A task that draws every sample anew from a law whose best achievable accuracy is known."""

    def bayes_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy of the best rule for the world at ``at_s`` under ``concept``."""
        ...

    def static_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy at ``at_s`` of the rule that was best at t = 0 in the original world."""
        ...
