"""A table whose rows are samples in their own order: first the cloud's past, then the streams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.drift.concepts import Concept
from agents.seeding import Purpose, rng
from agents.tabular.once import read_once
from agents.tabular.spelling import MissingValues, Spelling
from agents.tasks import TASKS
from agents.tasks.facts import table_facts
from agents.tasks.file_options import HuggingfaceOptions, RowsOptions, TextOptions
from agents.tasks.formats.table import Reading, read_table
from agents.tasks.ordered_rows import InOrder, OrderedRows, past_rows
from agents.tasks.tables.row_assignment import Scaling

#: What drift can do to columns of numbers, on the past's scale: zoom, move all, make noisy [standard deviations].
NEUTRAL: dict[str, float] = {"scale": 1.0, "shift": 0.0, "noise": 0.0}


class Tables(OrderedRows):
    """See :class:`TableOptions`. Features are scaled by the past alone.

    Classes are those an ARFF file declares, else those of the whole file, so that streams may show some that the past
    does not know.
    """

    def __init__(self, spec: FleetSpec) -> None:
        options: RowsOptions = read_options(TASKS[spec.data].options, spec.data_options, f"task {spec.data}")
        how = reading_of(options, spec.data)
        table = read_once(options.path, how, lambda: read_table(options.path, how))
        past = past_rows(options.path, options.history, len(table.labels))
        learn = Scaling.robust if options.scaling == "robust" else Scaling.of
        scaling = learn(table.features[:past], table.numeric)
        before, after = (scaling(rows) for rows in np.split(table.features, [past]))
        self._numeric = table.numeric
        rows = InOrder(before, after, table.labels, table.classes, table.times, table.owners)
        super().__init__(spec, options, rows, NEUTRAL)
        self.facts = {"path": str(options.path), "past_rows": past, **table_facts(table)}

    def _under(self, concept: Concept, rows: np.ndarray, number: int) -> np.ndarray:
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
