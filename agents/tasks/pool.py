"""A finite set of images under every concept, and how streams pick from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.tasks.concepts import Concept
from agents.tasks.transforms import Chance, transform


class ImagePool:
    """Labelled images, sorted by class, each with its own luck for the transforms.

    Attributes:
        images: float32 [size, channels, h, w] in the original world.
        labels: int16 [size], ascending.
    """

    def __init__(self, images: torch.Tensor, labels: np.ndarray, classes: int, chance: np.random.Generator) -> None:
        order = np.argsort(labels, kind="stable")
        self.images, self.labels = images[order], labels[order].astype(np.int16)
        self.classes, self.size = classes, len(labels)
        self._chance = Chance.draw(self.images, chance)

    def under(self, concept: Concept) -> torch.Tensor:
        """Return the images as they look under ``concept``: float32 [size, channels, h, w]."""
        return transform(self.images, dict(concept.strengths), self._chance)

    def labels_under(self, concept: Concept) -> np.ndarray:
        """Return the labels under ``concept``: int16 [size]."""
        return concept.relabel(self.labels, self.classes)

    def past(self, concept: Concept) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ``size`` images and int64 labels under ``concept``, classes as often as its prior says."""
        rows = self.pick((np.arange(self.size) + 0.5) / self.size, concept)
        return self.under(concept)[rows], torch.from_numpy(self.labels_under(concept)[rows].astype(np.int64))

    def pick(self, which: np.ndarray, concept: Concept) -> np.ndarray:
        """Return the image for each uniform in [0, 1): evenly, or so that classes follow the prior.

        The classes of a prior are those of the original labels. Images are sorted by class, so that a prior
        is a stretching of the unit interval and one uniform decides on class and image.
        """
        if concept.prior is not None:
            wanted = np.concatenate([[0.0], np.cumsum(concept.prior)])
            wanted[-1] = 1.0
            there = np.searchsorted(self.labels, np.arange(self.classes + 1)) / self.size
            which = np.interp(which, wanted, there)
        return np.minimum((which * self.size).astype(np.int64), self.size - 1)


def draw_images(which: np.ndarray, concept: np.ndarray, concepts: Sequence[Concept], pool: ImagePool) -> np.ndarray:
    """Return each sample's image, int64 like ``which``: its uniform read under its own concept's prior."""
    image = pool.pick(which, concepts[0])
    for index, one in enumerate(concepts):
        if one.prior is not None:
            ruled = concept == index
            image[ruled] = pool.pick(which[ruled], one)
    return image
