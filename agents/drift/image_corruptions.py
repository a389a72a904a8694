"""Spoiling pixels: float32 [n, channels, h, w] from 0 to 1, a strength, and the random draws of each image.

Noise, blur, contrast and brightness are those of the common-corruptions benchmark (Hendrycks and Dietterich, ICLR 2019,
its Gaussian noise and blur), clipped to [0, 1] as there; the others are plain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from agents.seeding import Purpose, rng


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


def blur(images: torch.Tensor, sigma_pixels: float, noise: ImageNoise | None = None) -> torch.Tensor:
    """Smooth images with a Gaussian of ``sigma_pixels``, cut at four sigma, edges continued."""
    reach = min(math.floor(4 * sigma_pixels + 0.5), min(images.shape[-2:]) - 1)
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float64)
    weights = torch.exp(-0.5 * (offsets / sigma_pixels) ** 2)
    kernel = (weights / weights.sum()).to(images.dtype)
    channels = images.shape[1]
    padded = functional.pad(images, (reach,) * 4, mode="replicate")
    across = functional.conv2d(padded, kernel.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
    return functional.conv2d(across, kernel.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)


def contrast(images: torch.Tensor, factor: float, noise: ImageNoise | None = None) -> torch.Tensor:
    """Scale each channel's distance from its own mean over the image by ``factor``, and clip."""
    mean = images.mean(dim=(-2, -1), keepdim=True)
    return (mean + (images - mean) * factor).clamp(0.0, 1.0)


def brighten(images: torch.Tensor, added: float, noise: ImageNoise | None = None) -> torch.Tensor:
    """Add to the value (the largest channel) of each pixel, hue and saturation kept, and clip.

    On grey images that is the same as adding to every pixel.
    """
    value = images.amax(dim=1, keepdim=True)
    brighter = (value + added).clamp(0.0, 1.0)
    # A black pixel has no hue to keep: it turns grey.
    return torch.where(value > 0, images * (brighter / value.clamp_min(1e-12)), brighter)


def invert(images: torch.Tensor, strength: float = 1.0, noise: ImageNoise | None = None) -> torch.Tensor:
    """Turn dark into light."""
    return 1.0 - images


def occlude(images: torch.Tensor, side_share: float, noise: ImageNoise) -> torch.Tensor:
    """Black out a rectangle of ``side_share`` of height and width, each at a place of its own."""
    covered = torch.ones(len(images), *images.shape[-2:], dtype=torch.bool)
    for axis, size in enumerate(images.shape[-2:]):
        side = round(min(max(side_share, 0.0), 1.0) * size)
        first = (noise.corner[:, axis] * (size - side + 1)).long().unsqueeze(-1)
        block = torch.arange(size)
        inside = (block >= first) & (block < first + side)
        covered &= inside.unsqueeze(1 + (axis == 0))
    return images.masked_fill(covered.unsqueeze(1), 0.0)


def spoil(images: torch.Tensor, std: float, noise: ImageNoise) -> torch.Tensor:
    """Add sensor noise, ``std`` times standard normal draws, and clip."""
    return (images + std * noise.noise).clamp(0.0, 1.0)


def permute_pixels(images: torch.Tensor, number: float, noise: ImageNoise | None = None) -> torch.Tensor:
    """Shuffle the places of the pixels, all images alike; ``number`` picks one permutation for all runs."""
    height, width = images.shape[-2:]
    order = rng(int(number), Purpose.PIXEL_PERMUTATION, height, width).permutation(height * width)
    return images.flatten(2)[:, :, torch.from_numpy(np.ascontiguousarray(order))].view_as(images)
