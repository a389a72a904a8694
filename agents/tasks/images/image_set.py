"""A finite set of images under every concept, and how streams pick from it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import torch

from agents.drift.concepts import Concept
from agents.drift.image_transforms import ImageNoise, transform
from agents.drift.schedule import Schedule
from agents.streams.base import BlockId

#: Transforms that use the random draws of each image.
_RANDOM = frozenset({"noise", "occlusion"})
_FIXED = ImageNoise(torch.empty(0), torch.empty(0))
#: Images that are transformed at once: what a transform needs beside them stays small.
_AT_ONCE = 1024


class ImagePool:
    """Labelled images, sorted by class, each with its own random draws for the transforms.

    Attributes:
        images: [size, channels, h, w] in the original world, float32 (0 to 1) or uint8 (0 to 255), as they came.
        labels: int16 [size], ascending.
    """

    def __init__(self, images: torch.Tensor, labels: np.ndarray, classes: int, generator: np.random.Generator) -> None:
        order = np.argsort(labels, kind="stable")
        self.images, self.labels = images[order], labels[order].astype(np.int16)
        self.classes, self.size = classes, len(labels)
        self._rng = generator

    def __getstate__(self) -> dict[str, Any]:
        # A worker picks images by number and looks their features up: the images themselves stay behind.
        return {"labels": self.labels, "classes": self.classes, "size": self.size}

    def under(self, concept: Concept, rows: np.ndarray | None = None) -> torch.Tensor:
        """Return the images (or ``rows`` of them) as they look under ``concept``: float32 [rows, channels, h, w]."""
        images, strengths = pixels(self.images if rows is None else self.images[rows]), dict(concept.strengths)
        if not strengths:
            return images
        return _seen(images, strengths, self._noise_of(rows) if strengths.keys() & _RANDOM else _FIXED)

    def _noise_of(self, rows: np.ndarray | None) -> ImageNoise:
        # Drawn again at each look: it would take four times the memory of the images themselves.
        drawn = ImageNoise.draw(self.images, deepcopy(self._rng))
        return drawn if rows is None else ImageNoise(drawn.noise[rows], drawn.corner[rows])

    def labels_under(self, concept: Concept) -> np.ndarray:
        """Return the labels under ``concept``: int16 [size]."""
        return concept.relabel(self.labels, self.classes)

    def past(self, concept: Concept) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ``size`` images and int64 labels under ``concept``, classes as often as its prior says."""
        rows = self.pick((np.arange(self.size) + 0.5) / self.size, concept)
        return self.under(concept, rows), torch.from_numpy(self.labels_under(concept)[rows].astype(np.int64))

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

    @property
    def there(self) -> tuple[bool, ...]:
        """Which classes there are images of."""
        return tuple((np.bincount(self.labels, minlength=self.classes) > 0).tolist())

    def pick_by(self, which: np.ndarray, prior: np.ndarray) -> np.ndarray:
        """Return the image for each uniform in [0, 1), [samples], each under its own prior [samples, classes]."""
        upto = prior.cumsum(1)
        upto[:, -1] = 1.0
        drawn = (which[:, None] >= upto).sum(1)
        last = np.take_along_axis(upto, drawn[:, None], 1)[:, 0]
        width = np.take_along_axis(prior, drawn[:, None], 1)[:, 0]
        within = np.clip(1.0 - (last - which) / np.where(width > 0, width, 1.0), 0.0, 1.0)
        first = np.searchsorted(self.labels, np.arange(self.classes + 1))
        sizes = np.diff(first)[drawn]
        return first[drawn] + np.minimum((within * sizes).astype(np.int64), sizes - 1)


def seen_under(concept: Concept, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return images float32 [n, channels, h, w] as they look under ``concept``; each has its own draws of noise."""
    strengths, before = dict(concept.strengths), torch.from_numpy(images)
    if not strengths:
        return images
    drawn = ImageNoise.draw(before, generator) if strengths.keys() & _RANDOM else _FIXED
    return _seen(before, strengths, drawn).numpy()


def _seen(images: torch.Tensor, strengths: dict[str, float], drawn: ImageNoise) -> torch.Tensor:
    seen = torch.empty_like(images)
    for first in range(0, len(images), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        seen[part] = transform(images[part], strengths, ImageNoise(drawn.noise[part], drawn.corner[part]))
    return seen


def pixels(images: torch.Tensor) -> torch.Tensor:
    """Return images as float32 from 0 to 1: bytes are divided by 255, floats pass as they are."""
    return images.float() / 255.0 if images.dtype == torch.uint8 else images


def draw_images(
    which: np.ndarray, concept: np.ndarray, schedule: Schedule, block: BlockId, pool: ImagePool
) -> np.ndarray:
    """Return each sample's image, int64 like ``which`` [devices, samples]: its uniform read under its own prior.

    The prior is that of the concept in force, or the device's own where the concept says so.
    """
    image = pool.pick(which, schedule.concepts[0])
    for index, one in enumerate(schedule.concepts):
        own = schedule.prior(block, index, pool.there)
        if own is not None or one.prior is not None:
            ruled = concept == index
            rows = np.nonzero(ruled)[0]
            image[ruled] = pool.pick(which[ruled], one) if own is None else pool.pick_by(which[ruled], own[rows])
    return image
