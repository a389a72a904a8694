"""Labelled images as they were read: checked, but neither copied nor converted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

#: Labels are kept in 16 bits, and a head has a column for each class.
MOST_CLASSES = 1000
#: The smallest side of an image that a convolutional net can make something of.
SMALLEST_SIDE = 4
#: Rows looked at together, so that checks of large arrays stay small.
_ROWS = 4096


class Labelled(NamedTuple):
    """Images and their labels.

    ``images`` is [n, channels, height, width], uint8 (0 to 255) or float32 (0 to 1); ``labels`` int64 [n]. ``location``
    says which file, for messages.
    """

    images: np.ndarray
    labels: np.ndarray
    location: str

    def __len__(self) -> int:
        return self.labels.size


@dataclass(frozen=True)
class ImageSet:
    """What a file or folder holds: images to learn from, and a test split if it comes with one."""

    train: Labelled
    test: Labelled | None
    classes: int

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width) of each image."""
        return self.train.images.shape[1:]


def image_set(train: Labelled, test: Labelled | None = None, classes: int | None = None) -> ImageSet:
    """Check splits against each other and put them together; without ``classes``, the largest label decides.

    Raises:
        ValueError: no images, other shapes or kinds, pixels or labels that cannot be.
    """
    parts = [part for part in (train, test) if part is not None]
    for part in parts:
        _check_images(part)
    if test is not None and _kind(test) != _kind(train):
        raise ValueError(f"{test.location}: images are {_kind(test)}, but {_kind(train)} in {train.location}")
    if classes is None:
        classes = 1 + max(_largest_label(part) for part in parts)
    if classes < 2:
        raise ValueError(f"{train.location}: all labels are 0; at least two classes are wanted")
    return ImageSet(train, test, classes)


def as_images(raw: np.ndarray, location: str) -> np.ndarray:
    """Return images [n, channels, height, width] of [n, h, w], [n, h, w, c] or [n, c, h, w], without copying bytes.

    float64 and float16 become float32. Where both ends of a shape could be channels, the last one is.

    Raises:
        ValueError: another shape or type.
    """
    if raw.dtype != np.uint8 and raw.dtype.kind != "f":
        raise ValueError(f"{location}: pixels are {raw.dtype}; wanted: uint8 (0 to 255) or floats (0 to 1)")
    if raw.dtype.kind == "f":
        raw = raw.astype(np.float32, copy=False)
    if raw.ndim == 3:
        return raw[:, None]
    if raw.ndim == 4 and raw.shape[3] in (1, 3):
        return np.moveaxis(raw, 3, 1)
    if raw.ndim == 4 and raw.shape[1] in (1, 3):
        return raw
    shape = "x".join(map(str, raw.shape))
    raise ValueError(f"{location}: shape {shape} is none of images; wanted: n x h x w, or with 1 or 3 channels too")


def as_labels(raw: np.ndarray, location: str) -> np.ndarray:
    """Return labels int64 [n] of integers [n] or [n, 1].

    Raises:
        ValueError: another shape or type, or a label that is no class.
    """
    if raw.dtype.kind not in "iu":
        raise ValueError(f"{location}: labels are {raw.dtype}; wanted: whole numbers from 0")
    if raw.ndim == 2 and raw.shape[1] == 1:
        raw = raw[:, 0]
    if raw.ndim != 1:
        raise ValueError(f"{location}: labels have {raw.ndim} dimensions; wanted: one number an image")
    wrong = (raw < 0) | (raw >= MOST_CLASSES)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"{location}: label {raw[row]} of image {row}; wanted: 0 to {MOST_CLASSES - 1}")
    return raw.astype(np.int64)


def _check_images(part: Labelled) -> None:
    count, (_, height, width) = len(part.images), part.images.shape[1:]
    if count != len(part):
        raise ValueError(f"{part.location}: {count} images, but {len(part)} labels")
    if not count:
        raise ValueError(f"{part.location}: holds no image")
    if min(height, width) < SMALLEST_SIDE:
        raise ValueError(
            f"{part.location}: images of {height}x{width} pixels; at least {SMALLEST_SIDE}x{SMALLEST_SIDE}"
        )
    if part.images.dtype != np.uint8:
        _check_pixels(part)


def _check_pixels(part: Labelled) -> None:
    for first, rows in _in_parts(part.images):
        # Written so that NaN is out of range as well.
        wrong = ~((rows >= 0.0) & (rows <= 1.0))
        if wrong.any():
            image = int(wrong.any(axis=(1, 2, 3)).argmax())
            pixel = rows[image][wrong[image]][0]
            raise ValueError(f"{part.location}: pixel {pixel:g} in image {first + image}; floats run from 0 to 1")


def _in_parts(images: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for first in range(0, len(images), _ROWS):
        yield first, images[first : first + _ROWS]


def _kind(part: Labelled) -> str:
    channels, height, width = part.images.shape[1:]
    return f"{height}x{width} pixels, {channels} channel{'s' if channels > 1 else ''}, {part.images.dtype}"


def _largest_label(part: Labelled) -> int:
    return int(part.labels.max())
