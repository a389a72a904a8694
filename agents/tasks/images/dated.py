"""Pictures in the order in which they were taken: the first are the cloud's past, the others the devices' streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.drift.concepts import Concept
from agents.drift.transforms import neutral_of_images
from agents.seeding import Purpose, rng
from agents.tabular.once import read_once
from agents.tasks.facts import dated_facts
from agents.tasks.file_options import DatedImagesOptions
from agents.tasks.formats.dated_images import DatedReading, read_dated_images
from agents.tasks.ordered_rows import InOrder, OrderedRows, past_rows


class DatedImages(OrderedRows):
    """See :class:`DatedImagesOptions`. What a scenario's drift does comes on top of what the years did."""

    def __init__(self, spec: FleetSpec) -> None:
        options: DatedImagesOptions = read_options(DatedImagesOptions, spec.data_options, "task dated_images")
        how = reading_of(options)
        found = read_once(options.path, how, lambda: read_dated_images(options.path, how))
        past = past_rows(options.path, options.history, len(found.labels))
        before, after = np.split(found.images, [past])
        rows = InOrder(before, after, found.labels, found.classes, found.times, found.owners)
        super().__init__(spec, options, rows, neutral_of_images())
        self.facts = {"path": str(options.path), "past_rows": past, **dated_facts(found)}

    def raw_pool(self, concept: int) -> torch.Tensor:
        """Return :meth:`pool`; bytes as they are stored, if the concept leaves pictures as they are."""
        from torch import from_numpy

        stored = not self.schedule.concepts[concept].strengths
        return from_numpy(self._stream) if stored else self.pool(concept)

    def _plain(self, rows: np.ndarray) -> np.ndarray:
        return rows.astype(np.float32) / np.float32(255.0) if rows.dtype == np.uint8 else rows

    def _under(self, concept: Concept, rows: np.ndarray, number: int) -> np.ndarray:
        from agents.tasks.images.image_set import seen_under

        return seen_under(concept, self._plain(rows), rng(self.seed, Purpose.TRANSFORM, number))


def reading_of(options: DatedImagesOptions) -> DatedReading:
    """Return how pictures are to be read."""
    return DatedReading(
        image=options.image,
        target=options.target,
        time=options.time,
        owner=options.column,
        table=options.metadata,
        pictures=options.pictures,
        size=options.size,
        grey=options.grey,
        time_format=options.time_format,
    )
