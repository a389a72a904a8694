"""Images that devices see: a pool under every concept, the cloud's past, and the stream that draws from the pool.

The splits share no image: ``evaluation`` is what devices see, ``train`` and ``validation`` what the base model learns
from and is chosen by, and ``held_out``, where there is one, is for what learns about the trained base:
adapters and the oracle.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch

from agents.contract import FleetSpec
from agents.drift.schedule import Schedule
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream
from agents.tasks.images.image_set import ImagePool, draw_images

#: Name of a split -> its images (float32, 0 to 1, or uint8) [n, channels, h, w] and labels [n].
Splits = Mapping[str, tuple[torch.Tensor, np.ndarray]]


class Images(Stream):
    """The images task of one scenario; subclasses define the historical data (:meth:`history`)."""

    def __init__(self, spec: FleetSpec, splits: Splits, schedule: Schedule) -> None:
        self.seed, self.classes, self.schedule = spec.seed, schedule.classes, schedule
        self.input_shape = tuple(splits["evaluation"][0].shape[1:])
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self.pools = {
            split: self.make_pool(images, labels, rng(spec.seed, Purpose.TRANSFORM, number))
            for number, (split, (images, labels)) in enumerate(splits.items())
        }
        self.shown = self.pools[spec.data_options.get("streams", "evaluation")]
        self.pool_size = self.shown.size

    def make_pool(self, images: torch.Tensor, labels: np.ndarray, generator: np.random.Generator) -> ImagePool:
        """Return the images of a split as a pool; ``generator`` draws what its transforms need."""
        return ImagePool(images, labels, self.classes, generator)

    def history(self) -> History:
        """Return the cloud's past; each data set has its own."""
        raise NotImplementedError

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return images that devices never see, once each, under a concept of the scenario.

        For ``train`` they are those that the base was not trained on, if any are held out: a head that is refitted on
        what a trunk knows by heart is a bad oracle.
        """
        pool = self.pools.get("held_out", self.pools["train"]) if split == "train" else self.pools[split]
        x, label = pool.past(self.schedule.concepts[concept])
        return Past(x, label, torch.full_like(label, concept))

    def pool(self, concept: int) -> torch.Tensor:
        """Return the images that devices see under ``concept``: float32 [pool_size, *input_shape]."""
        return self.shown.under(self.schedule.concepts[concept])

    def raw_pool(self, concept: int) -> torch.Tensor:
        """Return :meth:`pool`; bytes as they are stored, if the concept leaves images as they are."""
        stored = not self.schedule.concepts[concept].strengths
        return self.shown.images if stored else self.pool(concept)

    def looks_like(self, concept: int) -> int:
        """Return the first concept with the same transforms."""
        return self.schedule.looks_like(concept)

    @cached_property
    def pool_labels(self) -> np.ndarray:
        """Labels of the images that devices see under each concept: int16 [concepts, pool_size]."""
        return np.stack([self.shown.labels_under(concept) for concept in self.schedule.concepts])

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell with images that devices see, drawn with replacement."""
        valid = chunk.valid
        which, side = rng.random((2, *valid.shape))
        concept = self.schedule.concept(chunk.block, np.where(valid, chunk.time_s, -np.inf), side)
        image = draw_images(which, concept, self.schedule, chunk.block, self.shown)
        ref = concept.astype(np.int64) * self.pool_size + image
        return Content(ref, self.pool_labels.take(ref), concept)

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device of the block the sorted times [s] at which its concept changes."""
        return self.schedule.changes(block)
