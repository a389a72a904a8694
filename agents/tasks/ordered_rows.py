"""Rows that are samples in an order of their own: first the cloud's past, then the streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

from agents.contract import FleetSpec, InputError
from agents.contract.errors import error_location
from agents.drift.concepts import Concept
from agents.drift.schedule import make_schedule
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream
from agents.tasks.file_options import OrderedOptions
from agents.tasks.tables.row_assignment import RowAssignment, owners_from, shares_of

#: Share of the past's rows that is for validation.
_VALIDATION = 0.2
#: Fewer rows of the past can teach nothing.
_LEAST = 10


@dataclass(frozen=True)
class InOrder:
    """All rows of a file in their order, as models see them.

    Attributes:
        past, stream: [rows, *input_shape], those before and those after t = 0.
        labels: int16 [rows], of both.
        classes: names.
        times: float64 [rows], never falling, or None.
        owners: int64 [rows], or None.
    """

    past: np.ndarray
    stream: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    times: np.ndarray | None
    owners: np.ndarray | None


class OrderedRows(Stream):
    """A stream of rows that are dealt to devices; subclasses read them, and know how drift changes them.

    ``contexts``: stretches of the past, as which adapters see it. The oracle is one of hindsight: what follows the past
    is cut into ``segments``, and in each the head is refitted (see :mod:`agents.evaluation.hindsight_oracle`).
    """

    def __init__(self, spec: FleetSpec, options: OrderedOptions, rows: InOrder, neutral: Mapping[str, float]) -> None:
        self.options, self.seed = options, spec.seed
        self._past, self._stream = rows.past, rows.stream
        self._past_labels, self._labels = np.split(rows.labels, [len(rows.past)])
        self.classes, self.class_names = len(rows.classes), rows.classes
        self.input_shape, self.pool_size = self._stream.shape[1:], len(self._stream)
        with error_location("drift"):
            self.schedule = make_schedule(spec.drift, spec.cohorts, neutral, self.classes, spec.seed, spec.duration_s)
            _refuse_priors(self.schedule.concepts)
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self.hindsight = np.arange(self.pool_size) * options.segments // self.pool_size
        self.supply = self._assignment = _assigned(spec, options, rows)

    def _under(self, concept: Concept, rows: np.ndarray, number: int) -> np.ndarray:
        """Return rows as they look under a concept, float32: each row has its own draws, alike at every strength.

        ``number`` says which rows these are: 0 for the stream, 1 for the past.
        """
        raise NotImplementedError

    def history(self) -> History:
        """Return the past, cut into contexts one after the other; a random fifth of its rows is for validation."""
        x, label = self._plain(self._past), self._past_labels
        context = np.arange(len(x)) * self.options.contexts // len(x)
        train, validation = (Past.of(x[rows], label[rows], context[rows]) for rows in (~self._judged, self._judged))
        return History(train, validation)

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the rows of the past under a concept of the scenario."""
        rows = self._judged if split == "validation" else ~self._judged
        x = self._under(self.schedule.concepts[concept], self._past, 1)[rows]
        label = self.schedule.concepts[concept].relabel(self._past_labels[rows], self.classes)
        return Past.of(x, label, np.full(len(label), concept))

    def pool(self, concept: int) -> torch.Tensor:
        """Return the rows that follow the past under ``concept``: float32 [pool_size, *input_shape]."""
        # Only here: checking a scenario builds the task, too, and must not wait for torch.
        from torch import from_numpy

        return from_numpy(self._under(self.schedule.concepts[concept], self._stream, 0))

    def raw_pool(self, concept: int) -> torch.Tensor:
        """Return :meth:`pool`."""
        return self.pool(concept)

    def looks_like(self, concept: int) -> int:
        """Return the first concept with the same transforms."""
        return self.schedule.looks_like(concept)

    @cached_property
    def pool_labels(self) -> np.ndarray:
        """Classes of the rows that follow the past under each concept: int16 [concepts, pool_size]."""
        return np.stack([concept.relabel(self._labels, self.classes) for concept in self.schedule.concepts])

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell: the n-th sample of a device is the n-th row it was dealt."""
        assert chunk.ordinal is not None
        side = rng.random(chunk.valid.shape)
        concept = self.schedule.concept(chunk.block, np.where(chunk.valid, chunk.time_s, -np.inf), side)
        row = self._assignment.rows(chunk.block, chunk.ordinal, chunk.valid)
        label = np.where(chunk.valid, self.pool_labels[concept, row], 0).astype(np.int16)
        return Content(concept.astype(np.int64) * self.pool_size + row, label, concept)

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device the sorted times [s] of its changes by drift; those of the rows are unknown."""
        return self.schedule.changes(block)

    def _plain(self, rows: np.ndarray) -> np.ndarray:
        """Return rows as models take them."""
        return rows

    @property
    def _judged(self) -> np.ndarray:
        """Which rows of the past are for validation; at random, because a table may well be periodic."""
        ranks = rng(self.seed, Purpose.SPLIT).permutation(len(self._past))
        return np.asarray(ranks < max(_VALIDATION * len(self._past), 1))


def past_rows(path: str | Path, history: float, rows: int) -> int:
    """Return how many of all rows are the past.

    Raises:
        ValueError: too few to learn from, or none is left.
    """
    past = int(rows * history)
    if past < _LEAST or past == rows:
        raise ValueError(f"{path}: history of {past} of {rows} rows; at least {_LEAST}, and one after them, are wanted")
    return past


def _refuse_priors(concepts: tuple[Concept, ...]) -> None:
    if any(concept.prior or concept.dirichlet for concept in concepts):
        raise ValueError("labels.prior: rows are replayed as they come; swap or permute classes instead")


def _assigned(spec: FleetSpec, options: OrderedOptions, rows: InOrder) -> RowAssignment:
    if spec.devices == 0:
        raise InputError("fleet", "has no device that rows could be dealt to")
    past = len(rows.past)
    if rows.owners is not None:
        share = owners_from(rows.owners[past:])
        shares = int(share.max()) + 1
    else:
        shares = options.among or spec.devices
        share = shares_of(len(rows.labels) - past, shares, options.deal)
    deal = RowAssignment(spec, share, shares, options.at_end == "repeat")
    recorded = [number for number, cohort in enumerate(spec.cohorts) if cohort.arrivals == "recorded"]
    if recorded:
        with error_location(f"fleet.{recorded[0]}.samples.arrivals"):
            deal.with_times(_times_s(options, rows, spec.duration_s))
    elif options.compression is not None:
        said = (
            "has no effect: no cohort replays the times of the file; write samples: {arrivals: recorded}, or remove it"
        )
        raise InputError("task.data.compression", said)
    return deal


def _times_s(options: OrderedOptions, rows: InOrder, duration_s: float) -> np.ndarray:
    """Return when the rows after the past come, in seconds of the run; the first one at 0."""
    if rows.times is None:
        raise ValueError("the table has no times; name the column that does under task.data.time")
    if options.at_end == "repeat":
        raise ValueError("a record comes once; 'at_end: repeat' needs poisson or periodic arrivals")
    past = len(rows.past)
    since = rows.times[past:] - rows.times[past]
    return np.asarray(since / (options.compression or max(since[-1], 1e-300) / duration_s))
