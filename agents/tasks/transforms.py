"""What drift does to images: rotate, blur, contrast, occlusion and noise, batched over [n, channels, h, w].

Composed in this fixed order: the object turns, the optics blur, the exposure changes, dirt covers the lens,
the sensor adds noise. Randomness is drawn once for a set of images and is the same for every concept, so that
a concept is a pure function of (seed, image, strength).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

#: Strength at which a transform changes nothing. rotate [deg, counter-clockwise]; blur [sigma in pixels];
#: contrast [factor]; occlusion [side of the covered square, share of the image]; noise [standard deviation].
NEUTRAL: dict[str, float] = {"rotate": 0.0, "blur": 0.0, "contrast": 1.0, "occlusion": 0.0, "noise": 0.0}


@dataclass(frozen=True)
class Chance:
    """The luck of each image under any concept: sensor noise [n, c, h, w] and a corner in (0, 1) [n, 2]."""

    noise: torch.Tensor
    corner: torch.Tensor

    @classmethod
    def draw(cls, images: torch.Tensor, rng: np.random.Generator) -> Chance:
        """Draw the luck of ``images`` [n, channels, h, w]."""
        noise = rng.standard_normal(tuple(images.shape), np.float32)
        return cls(torch.from_numpy(noise), torch.from_numpy(rng.random((len(images), 2))))


def transform(images: torch.Tensor, strengths: Mapping[str, float], chance: Chance) -> torch.Tensor:
    """Return ``images`` float32 [n, channels, h, w] under all ``strengths``, in the fixed order."""
    for name, apply in _APPLY.items():
        strength = strengths.get(name, NEUTRAL[name])
        if strength != NEUTRAL[name]:
            images = apply(images, strength, chance)
    return images


def rotate(images: torch.Tensor, degrees: float) -> torch.Tensor:
    """Turn images [n, channels, h, w] counter-clockwise about their centre, bilinear, zeros outside."""
    turns = torch.full((len(images),), degrees, dtype=torch.float64)
    return warp(images, turns, torch.ones_like(turns), torch.zeros(len(images), 2, dtype=torch.float64))


def warp(images: torch.Tensor, degrees: torch.Tensor, zoom: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Shift, zoom and turn each image its own way, in one resampling, bilinear, zeros outside.

    ``degrees`` and ``zoom`` are float64 [n]; ``shift`` [n, 2] is along x and y, in shares of width and height.
    """
    angle = torch.deg2rad(degrees)
    height, width = images.shape[-2:]
    # grid_sample asks where each pixel comes from, in units of half the image, with y pointing down.
    first = torch.stack([angle.cos(), -angle.sin() * height / width], -1)
    second = torch.stack([angle.sin() * width / height, angle.cos()], -1)
    turn = torch.stack([first, second], 1) / zoom[:, None, None]
    theta = torch.cat([turn, -2.0 * shift[:, :, None]], 2).to(images.dtype)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def blur(images: torch.Tensor, sigma_pixels: float) -> torch.Tensor:
    """Smooth images with a Gaussian of ``sigma_pixels``, cut at three sigma, edges continued."""
    reach = min(math.ceil(3 * sigma_pixels), min(images.shape[-2:]) - 1)
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float64)
    weights = torch.exp(-0.5 * (offsets / sigma_pixels) ** 2)
    kernel = (weights / weights.sum()).to(images.dtype)
    channels = images.shape[1]
    padded = functional.pad(images, (reach,) * 4, mode="replicate")
    across = functional.conv2d(padded, kernel.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
    return functional.conv2d(across, kernel.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)


def contrast(images: torch.Tensor, factor: float) -> torch.Tensor:
    """Scale each image's distance from its own mean by ``factor``."""
    mean = images.mean(dim=(-3, -2, -1), keepdim=True)
    return mean + (images - mean) * factor


def occlude(images: torch.Tensor, side_share: float, corner: torch.Tensor) -> torch.Tensor:
    """Black out a rectangle of ``side_share`` of height and width, at a place given by ``corner`` [n, 2]."""
    covered = torch.ones(len(images), *images.shape[-2:], dtype=torch.bool)
    for axis, size in enumerate(images.shape[-2:]):
        side = round(min(max(side_share, 0.0), 1.0) * size)
        first = (corner[:, axis] * (size - side + 1)).long().unsqueeze(-1)
        place = torch.arange(size)
        inside = (place >= first) & (place < first + side)
        covered &= inside.unsqueeze(1 + (axis == 0))
    return images.masked_fill(covered.unsqueeze(1), 0.0)


_APPLY: dict[str, Callable[[torch.Tensor, float, Chance], torch.Tensor]] = {
    "rotate": lambda images, strength, chance: rotate(images, strength),
    "blur": lambda images, strength, chance: blur(images, strength),
    "contrast": lambda images, strength, chance: contrast(images, strength),
    "occlusion": lambda images, strength, chance: occlude(images, strength, chance.corner),
    "noise": lambda images, strength, chance: images + strength * chance.noise,
}
