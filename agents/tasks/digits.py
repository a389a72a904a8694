"""scikit-learn's handwritten digits: 1,797 real 8x8 images, embedded, in three disjoint splits.

The cloud's past holds every image of its split upright and, more rarely, turned by the other multiples of
45 degrees: a long-tailed mix. Devices only ever see the images of the evaluation split.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch

from agents.contract import FleetSpec
from agents.seeding import Purpose, rng
from agents.tasks.base import Content, History, Past, Place
from agents.tasks.drift import Schedule, make_schedule
from agents.tasks.pool import ImagePool, draw_images
from agents.tasks.transforms import NEUTRAL, warp

#: Contexts of the past: context c is turned by c * 45 degrees.
CONTEXTS = 8
#: How often the past holds an image upright, and how often turned by one of the seven other angles.
UPRIGHT, TURNED = 14, 6
#: Images of the evaluation and the validation split; the rest is history.
EVALUATION, VALIDATION = 400, 197
#: No two people hold a pen alike: the past is jittered by up to this turn, zoom and shift (share of side).
JITTER_DEG, JITTER_ZOOM, JITTER_SHIFT = 5.0, 0.05, 0.03


class Digits:
    """The digits task of one scenario: its past, its pool under every concept, its stream."""

    classes = 10
    input_shape = (1, 8, 8)

    def __init__(self, spec: FleetSpec) -> None:
        if spec.data_options:
            raise ValueError(f"task digits has no option {sorted(spec.data_options)[0]!r}")
        self.seed = spec.seed
        self.schedule: Schedule = make_schedule(
            spec.drift, spec.cohorts, NEUTRAL, self.classes, spec.seed, spec.duration_s
        )
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self.pools = {
            split: ImagePool(images, labels, self.classes, rng(spec.seed, Purpose.TRANSFORM, number))
            for number, (split, (images, labels)) in enumerate(_splits(spec.seed).items())
        }
        self.pool_size = self.pools["evaluation"].size

    def history(self) -> History:
        """Return the past: float32 [rows, 1, 8, 8], 20 rows an image, contexts 0 to 7; jittered to train."""
        return History(self._past("train", 0, 1.0), self._past("validation", 1, 0.0))

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the images of a historical split once each, under a concept of the scenario."""
        x, label = self.pools[split].past(self.schedule.concepts[concept])
        return Past(x, label, torch.full_like(label, concept))

    def pool(self, concept: int) -> torch.Tensor:
        """Return the evaluation images under ``concept``: float32 [pool_size, 1, 8, 8]."""
        return self.pools["evaluation"].under(self.schedule.concepts[concept])

    @cached_property
    def pool_labels(self) -> np.ndarray:
        """Labels of the evaluation images under each concept: int16 [concepts, pool_size]."""
        pool = self.pools["evaluation"]
        return np.stack([pool.labels_under(concept) for concept in self.schedule.concepts])

    def draw(self, place: Place, time_s: np.ndarray, valid: np.ndarray, rng: np.random.Generator) -> Content:
        """Fill one cell with images of the evaluation split, drawn with replacement."""
        which, side = rng.random((2, *time_s.shape))
        concept = self.schedule.concept(place, np.where(valid, time_s, -np.inf), side)
        image = draw_images(which, concept, self.schedule.concepts, self.pools["evaluation"])
        image = np.where(valid, image, 0)
        label = np.where(valid, self.pool_labels[concept, image], 0).astype(np.int16)
        return Content(concept.astype(np.int64) * self.pool_size + image, label, concept)

    def changes(self, place: Place) -> list[np.ndarray]:
        """Return for each device of the block the sorted times [s] at which its concept changes."""
        return self.schedule.changes(place)

    def _past(self, split: str, number: int, jitter: float) -> Past:
        pool, chance = self.pools[split], rng(self.seed, Purpose.HISTORY, number)
        turned = chance.permuted(np.tile(np.arange(1, CONTEXTS), (pool.size, 1)), axis=1)[:, :TURNED]
        context = np.concatenate([np.zeros((pool.size, UPRIGHT), int), turned], 1).ravel()
        image = np.repeat(np.arange(pool.size), UPRIGHT + TURNED)
        luck = torch.from_numpy(chance.uniform(-jitter, jitter, (len(image), 4)))
        degrees = torch.from_numpy(context * (360.0 / CONTEXTS)) + JITTER_DEG * luck[:, 0]
        x = warp(pool.images[image], degrees, 1.0 + JITTER_ZOOM * luck[:, 1], JITTER_SHIFT * luck[:, 2:])
        return Past(x, torch.from_numpy(pool.labels[image].astype(np.int64)), torch.from_numpy(context))


def _splits(seed: int) -> dict[str, tuple[torch.Tensor, np.ndarray]]:
    # Only here: a worker gets the task as it is, and never needs the two seconds that this import takes.
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = torch.from_numpy((pixels / 16.0).astype(np.float32)).view(-1, 1, 8, 8)
    order = rng(seed, Purpose.SPLIT).permutation(len(labels))
    edges = (EVALUATION, EVALUATION + VALIDATION)
    parts = zip(("evaluation", "validation", "train"), np.split(order, edges), strict=True)
    return {split: (images[rows], labels[rows].astype(np.int16)) for split, rows in parts}
