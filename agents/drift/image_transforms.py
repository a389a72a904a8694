"""What drift does to images, composed in one fixed order, however a scenario writes it.

The object is slanted, zoomed, turned and shifted (``shear``, ``scale``, ``rotate``, ``translate``, in one resampling);
the optics ``blur``; the exposure changes (``contrast``, ``brightness``, ``invert``); dirt covers the lens
(``occlusion``); the sensor adds ``noise``; and its read-out may be scrambled (``permute_pixels``). Randomness is drawn
once for a set of images and is the same for every concept, so that a concept is a pure function of (seed, image,
strength).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from agents.drift.image_corruptions import blur, brighten, contrast, invert, occlude, permute_pixels, spoil
from agents.drift.image_geometry import move, rotate, warp
from agents.tasks.neutral import NEUTRAL

__all__ = ["NEUTRAL", "ImageNoise", "blur", "contrast", "occlude", "rotate", "transform", "warp"]

#: All that moves the object, done at once.
_MOTION = ("rotate", "translate_x", "translate_y", "scale", "shear")


@dataclass(frozen=True)
class ImageNoise:
    """The random draws of each image under any concept: sensor noise [n, c, h, w], a corner in (0, 1) [n, 2]."""

    noise: torch.Tensor
    corner: torch.Tensor

    @classmethod
    def draw(cls, images: torch.Tensor, rng: np.random.Generator) -> ImageNoise:
        """Draw the noise and the corner of each of ``images`` [n, channels, h, w]."""
        noise = rng.standard_normal(tuple(images.shape), np.float32)
        return cls(torch.from_numpy(noise), torch.from_numpy(rng.random((len(images), 2))))


def transform(images: torch.Tensor, strengths: Mapping[str, float], image_noise: ImageNoise) -> torch.Tensor:
    """Return ``images`` float32 [n, channels, h, w] under all ``strengths``, in the fixed order."""
    given = {**NEUTRAL, **strengths}
    if any(given[name] != NEUTRAL[name] for name in _MOTION):
        shift = (given["translate_x"], given["translate_y"])
        images = move(images, given["rotate"], given["scale"], given["shear"], shift)
    for name, apply in _APPLY.items():
        if given[name] != NEUTRAL[name]:
            images = apply(images, given[name], image_noise)
    return images


_APPLY: dict[str, Callable[[torch.Tensor, float, ImageNoise], torch.Tensor]] = {
    "blur": lambda images, strength, image_noise: blur(images, strength),
    "contrast": lambda images, strength, image_noise: contrast(images, strength),
    "brightness": lambda images, strength, image_noise: brighten(images, strength),
    "invert": lambda images, strength, image_noise: invert(images),
    "occlusion": lambda images, strength, image_noise: occlude(images, strength, image_noise.corner),
    "noise": lambda images, strength, image_noise: spoil(images, strength, image_noise.noise),
    "permute_pixels": lambda images, strength, image_noise: permute_pixels(images, int(strength)),
}
