"""What drift does to images, composed in one fixed order, however a scenario writes it.

The object is slanted, zoomed, turned and shifted (``shear``, ``scale``, ``rotate``, ``translate``, in one resampling);
the optics ``blur``; the exposure changes (``contrast``, ``brightness``, ``invert``); dirt covers the lens
(``occlusion``); the sensor adds ``noise``; and its read-out may be scrambled (``permute_pixels``). Randomness is drawn
once for a set of images and is the same for every concept, so that a concept is a pure function of (seed, image,
strength).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from agents.drift.image_corruptions import ImageNoise
from agents.drift.image_geometry import move
from agents.drift.transforms import TRANSFORMS, neutral_of_images

#: All that moves the object, done at once.
_MOTION = ("rotate", "translate_x", "translate_y", "scale", "shear")
#: What leaves images as they are.
NEUTRAL = neutral_of_images()


def transform(images: torch.Tensor, strengths: Mapping[str, float], image_noise: ImageNoise) -> torch.Tensor:
    """Return ``images`` float32 [n, channels, h, w] under all ``strengths``, in the fixed order."""
    given = {**NEUTRAL, **strengths}
    if any(given[name] != NEUTRAL[name] for name in _MOTION):
        shift = (given["translate_x"], given["translate_y"])
        images = move(images, given["rotate"], given["scale"], given["shear"], shift)
    for name, row in TRANSFORMS.items():
        if name in NEUTRAL and not row.moves and given[name] != NEUTRAL[name]:
            images = row.load()(images, given[name], image_noise)
    return images
