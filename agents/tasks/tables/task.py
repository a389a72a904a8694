"""A table whose rows are samples in their own order: first the cloud's past, then the streams."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

from agents.contract import FleetSpec, InputError
from agents.contract.component import read_options
from agents.contract.errors import error_location
from agents.drift.concepts import Concept
from agents.drift.schedule import make_schedule
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream
from agents.tabular.once import read_once
from agents.tabular.spelling import MissingValues, Spelling
from agents.tasks import TASKS
from agents.tasks.facts import table_facts
from agents.tasks.file_options import HuggingfaceOptions, RowsOptions, TextOptions
from agents.tasks.formats.table import Reading, Table, read_table
from agents.tasks.tables.row_assignment import RowAssignment, Scaling, owners_from, shares_of

#: What drift can do to columns of numbers, on the past's scale: zoom, move all, make noisy [standard deviations].
NEUTRAL: dict[str, float] = {"scale": 1.0, "shift": 0.0, "noise": 0.0}
#: Share of the past's rows that is for validation.
_VALIDATION = 0.2
#: Fewer rows of the past can teach nothing.
_LEAST = 10


class Tables(Stream):
    """See :class:`TableOptions`. Features are scaled by the past alone.

    ``contexts``: stretches of the past, as which adapters see it. Classes are those an ARFF file declares, else those
    of the whole file, so that streams may show some that the past does not know. The oracle is one of hindsight:
    what follows the past is cut into ``segments``, and in each the head is refitted (see
    :mod:`agents.evaluation.hindsight_oracle`).
    """

    def __init__(self, spec: FleetSpec) -> None:
        self.options: RowsOptions = read_options(TASKS[spec.data].options, spec.data_options, f"task {spec.data}")
        self.seed = spec.seed
        how = reading_of(self.options, spec.data)
        table = read_once(self.options.path, how, lambda: read_table(self.options.path, how))
        past = int(len(table.labels) * self.options.history)
        _check_split(self.options.path, past, len(table.labels))
        learn = Scaling.robust if self.options.scaling == "robust" else Scaling.of
        scaling = learn(table.features[:past], table.numeric)
        self._past, self._stream = (scaling(rows) for rows in np.split(table.features, [past]))
        self._past_labels, self._labels = np.split(table.labels, [past])
        self._numeric, self.classes, self.class_names = table.numeric, len(table.classes), table.classes
        self.input_shape, self.pool_size = (self._stream.shape[1],), len(self._stream)
        with error_location("drift"):
            self.schedule = make_schedule(spec.drift, spec.cohorts, NEUTRAL, self.classes, spec.seed, spec.duration_s)
            _refuse_priors(self.schedule.concepts)
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self.hindsight = np.arange(self.pool_size) * self.options.segments // self.pool_size
        self.supply = self._assignment = _assigned(spec, self.options, table, past)
        self.facts = {"path": str(self.options.path), "past_rows": past, **table_facts(table)}

    def history(self) -> History:
        """Return the past, cut into contexts one after the other; a random fifth of its rows is for validation."""
        x, label = self._past, self._past_labels
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
        """Return the rows that follow the past under ``concept``: float32 [pool_size, features]."""
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
        """Return for each device the sorted times [s] of its changes by drift; those of the table are unknown."""
        return self.schedule.changes(block)

    @property
    def _judged(self) -> np.ndarray:
        """Which rows of the past are for validation; at random, because a table may well be periodic."""
        ranks = rng(self.seed, Purpose.SPLIT).permutation(len(self._past))
        return np.asarray(ranks < max(_VALIDATION * len(self._past), 1))

    def _under(self, concept: Concept, rows: np.ndarray, number: int) -> np.ndarray:
        """Return rows as they look under a concept: each row has its own draws, the same at every strength."""
        strength = {**NEUTRAL, **dict(concept.strengths)}
        changed = strength["scale"] * rows + strength["shift"]
        if strength["noise"]:
            changed += strength["noise"] * rng(self.seed, Purpose.TRANSFORM, number).standard_normal(rows.shape)
        return np.where(self._numeric, changed, rows).astype(np.float32)


def reading_of(options: RowsOptions, kind: str) -> Reading:
    """Return how a table is to be read: what ``kind`` of data in a scenario, and its options, say."""
    missing = MissingValues.of(options.missing)
    how = Reading(
        target=options.target,
        time=options.time,
        owner=options.column,
        ignore=tuple(options.ignore),
        nominal=tuple(options.nominal),
        gaps=missing.fill == "mean",
        spelling=Spelling(missing=missing.cells),
        time_format=options.time_format,
        format=None if kind == "table" else kind,
        split=options.split if isinstance(options, HuggingfaceOptions) else None,
    )
    return _of_text(how, options, missing) if isinstance(options, TextOptions) else how


def _of_text(how: Reading, options: TextOptions, missing: MissingValues) -> Reading:
    spelling = Spelling(options.decimal, options.thousands, missing.cells)
    return replace(how, delimiter=options.delimiter, header=options.header, spelling=spelling, skip=options.skip)


def _check_split(path: str | Path, past: int, rows: int) -> None:
    if past < _LEAST or past == rows:
        raise ValueError(f"{path}: history of {past} of {rows} rows; at least {_LEAST}, and one after them, are wanted")


def _refuse_priors(concepts: tuple[Concept, ...]) -> None:
    if any(concept.prior or concept.dirichlet for concept in concepts):
        raise ValueError("labels.prior: rows are replayed as they come; swap or permute classes instead")


def _assigned(spec: FleetSpec, options: RowsOptions, table: Table, past: int) -> RowAssignment:
    if spec.devices == 0:
        raise InputError("fleet", "has no device that rows could be dealt to")
    if table.owners is not None:
        share = owners_from(table.owners[past:])
        shares = int(share.max()) + 1
    else:
        shares = options.among or spec.devices
        share = shares_of(len(table.labels) - past, shares, options.deal)
    deal = RowAssignment(spec, share, shares, options.at_end == "repeat")
    recorded = [number for number, cohort in enumerate(spec.cohorts) if cohort.arrivals == "recorded"]
    if recorded:
        with error_location(f"fleet.{recorded[0]}.samples.arrivals"):
            deal.with_times(_times_s(options, table, past, spec.duration_s))
    return deal


def _times_s(options: RowsOptions, table: Table, past: int, duration_s: float) -> np.ndarray:
    """Return when the rows after the past come, in seconds of the run; the first one at 0."""
    if table.times is None:
        raise ValueError("the table has no times; name the column that does under task.data.time")
    if options.at_end == "repeat":
        raise ValueError("a record comes once; 'at_end: repeat' needs poisson or periodic arrivals")
    since = table.times[past:] - table.times[past]
    return np.asarray(since / (options.compression or max(since[-1], 1e-300) / duration_s))
