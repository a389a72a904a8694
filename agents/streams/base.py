"""What a task is: the stream that devices see, the past that the cloud has, and the truth about both.

Streams are random access: when samples arrive and what they are is drawn cell by cell of virtual time, as a
pure function of (seed, cohort, block, cell), always for the full block. A task fills cells with content.

A *pool* task (images) picks its samples from a finite set that exists once under every concept, so that a
model's features can be tabulated; a *drawn* task (a synthetic generator) draws every sample and knows the
best prediction. ``pool_size`` distinguishes them: it is 0 for a drawn task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class BlockId:
    """Which block of devices: cohort index, block index within the cohort, devices in a full block."""

    cohort: int
    block: int
    width: int


@dataclass(frozen=True)
class Chunk:
    """One cell of virtual time of one block: when which samples arrive. Arrays are [devices, samples].

    Attributes:
        index: which cell, from 0.
        time_s: float64, rising along each row, +inf behind a device's last sample.
        valid: bool, False for padding.
        ordinal: int64, the how many-th arrival of its device since t = 0 (from 0; those missed while away count
            too); None unless the task has a supply. Anything where not ``valid``.
    """

    block: BlockId
    index: int
    time_s: np.ndarray
    valid: np.ndarray
    ordinal: np.ndarray | None = None


@dataclass(frozen=True)
class Content:
    """What the samples of one cell are. All arrays are [devices, samples]; padding holds zeros.

    Attributes:
        ref: int64, ``concept * pool_size + image`` for a pool task, zeros for a drawn one.
        label: int16, the true class under the concept in force.
        concept: int16, the concept in force at the sample's time.
        x: float32 [devices, samples, inputs], only for drawn tasks.
        best: int16, the Bayes-optimal prediction, only where it is known.
        present: uint8 [devices, samples, views], 1 where a view is there, only for tasks with views; the columns of
            one that is not there hold zeros.
    """

    ref: np.ndarray
    label: np.ndarray
    concept: np.ndarray
    x: np.ndarray | None = None
    best: np.ndarray | None = None
    present: np.ndarray | None = None


@dataclass(frozen=True)
class View:
    """One of the sources that a sample is made of: which columns of its flat ``x`` it fills, and what shape it has."""

    columns: slice
    shape: tuple[int, ...]


def split_views(x: torch.Tensor, views: Mapping[str, View]) -> dict[str, torch.Tensor]:
    """Return each view [..., *shape] of flat inputs ``x`` [..., columns]."""
    return {name: x[..., view.columns].unflatten(-1, view.shape) for name, view in views.items()}


@dataclass(frozen=True)
class Past:
    """Historical, labelled data of the cloud, one row a sample.

    Attributes:
        x: float32 [rows, *input_shape], raw input as the model's trunk takes it.
        label: int64 [rows].
        concept: int64 [rows], the context of the past a row came from (not a concept of the scenario).
        order: int64 [rows], where a context is a stream (a user's clicks): rising in time within it.
    """

    x: torch.Tensor
    label: torch.Tensor
    concept: torch.Tensor
    order: torch.Tensor | None = None

    @classmethod
    def of(cls, x: np.ndarray, label: np.ndarray, concept: np.ndarray, order: np.ndarray | None = None) -> Past:
        """Return the past made of arrays, which it shares: as float32 or int64 ``x``, all else as int64."""
        # Only here: checking a scenario builds tasks, too, and must not wait for torch.
        from torch import from_numpy

        def whole(values: np.ndarray) -> torch.Tensor:
            return from_numpy(values.astype(np.int64, copy=False))

        return cls(from_numpy(x), whole(label), whole(concept), None if order is None else whole(order))

    def under(self, concept: int) -> Past:
        """Return the same rows as rows of one concept."""
        return replace(self, concept=self.label.new_full(self.label.shape, concept))

    def tensors(self) -> Iterator[torch.Tensor]:
        """Yield what there is to hash, in a fixed order."""
        yield from (self.x, self.label, self.concept)
        if self.order is not None:
            yield self.order


@dataclass(frozen=True)
class History:
    """The cloud's past, split so that no data for tuning is evaluated later.

    ``held_out`` is past that the base model is not trained on, if there is some: an adapter must not lean on what
    the base knows by heart.
    """

    train: Past
    validation: Past
    held_out: Past | None = None

    def tensors(self) -> Iterator[torch.Tensor]:
        """Yield what there is to hash, in a fixed order."""
        for past in (self.train, self.validation, self.held_out):
            yield from () if past is None else past.tensors()

    @property
    def for_adapters(self) -> Past:
        """The past that a method learns from."""
        return self.train if self.held_out is None else self.held_out


class Supply(Protocol):
    """Recorded data that streams replay: how much of it each device has, and when it was recorded."""

    def count(self, block: BlockId) -> np.ndarray:
        """Return how many samples each device of the block has, int64 [devices]; it is silent afterwards."""
        ...

    def times_s(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device the sorted times [s] of its samples, for ``arrivals: recorded``.

        Raises:
            ValueError: the data hold no times.
        """
        ...


class Stream:
    """The default of a task: samples are drawn, not replayed."""

    supply: Supply | None = None
    #: What was read or is drawn, as plain values for people to check: rows, features, classes, spans.
    facts: Mapping[str, Any] = {}
    #: Which stretch each row of the pool belongs to, where the oracle is one of hindsight: int64 [pool_size].
    hindsight: np.ndarray | None = None
    #: What a net must know of the data beside their shape, as options of the model.
    net_options: Mapping[str, Any] = {}
    #: The sources of a sample, in the order of ``Content.present``; none where a sample is one thing.
    views: Mapping[str, View] = {}
    #: Whether the refitted oracle is the one that was best on the validation split, so that it cannot overfit.
    oracle_stops_early = False


class Task(Protocol):
    """A data set or a law of nature that feeds every device a stream."""

    classes: int
    input_shape: tuple[int, ...]
    concepts: tuple[str, ...]
    pool_size: int
    supply: Supply | None
    hindsight: np.ndarray | None
    net_options: Mapping[str, Any]
    views: Mapping[str, View]
    oracle_stops_early: bool

    def history(self) -> History:
        """Return the cloud's past, before t = 0; it does not depend on the drift to come."""
        ...

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the past as it would look and be labelled under a concept of the scenario.

        ``split`` is ``train`` or ``validation``; for the oracle, which refits on each concept.
        """
        ...

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell: samples wherever it is valid. Pure in its arguments."""
        ...

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device of the block the sorted times [s] at which its concept changes."""
        ...


class PoolTask(Task, Protocol):
    """A task whose samples come from a finite pool, rendered once under every concept."""

    pool_labels: np.ndarray

    def pool(self, concept: int) -> torch.Tensor:
        """Return the evaluation images under ``concept``: float32 [pool_size, *input_shape]."""
        ...

    def raw_pool(self, concept: int) -> torch.Tensor:
        """Return :meth:`pool`, or bytes (0 to 255, for 0 to 1) where that is what the data are made of."""
        ...

    def looks_like(self, concept: int) -> int:
        """Return the first concept under which the pool looks the same."""
        ...
