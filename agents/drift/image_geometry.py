"""Moving what is in an image: slant, zoom, turn and shift, all in one resampling, batched over [n, channels, h, w]."""

from __future__ import annotations

import math

import torch
from torch.nn import functional


def move(
    images: torch.Tensor,
    degrees: float = 0.0,
    zoom: float = 1.0,
    slant_deg: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> torch.Tensor:
    """Slant, zoom, turn, then shift all images alike, about their centre: bilinear, zeros outside.

    ``degrees`` turn counter-clockwise; a positive slant leans the upper half to the right; ``shift`` goes right
    and down, in shares of width and height.
    """
    unslanted = torch.eye(2, dtype=torch.float64)
    height, width = images.shape[-2:]
    unslanted[0, 1] = math.tan(math.radians(slant_deg)) * height / width
    back = unslanted @ _turned(images, torch.tensor([degrees], dtype=torch.float64)) / zoom
    offset = -2.0 * (back @ torch.tensor(shift, dtype=torch.float64)[:, None])
    return _resampled(images, torch.cat([back, offset], 2).expand(len(images), 2, 3))


def rotate(images: torch.Tensor, degrees: float) -> torch.Tensor:
    """Turn images [n, channels, h, w] counter-clockwise about their centre, bilinear, zeros outside."""
    return move(images, degrees)


def warp(images: torch.Tensor, degrees: torch.Tensor, zoom: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Shift, zoom and turn each image its own way, in one resampling, bilinear, zeros outside.

    ``degrees`` and ``zoom`` are float64 [n]; ``shift`` [n, 2] is along x and y, in shares of width and height.
    """
    turn = _turned(images, degrees) / zoom[:, None, None]
    return _resampled(images, torch.cat([turn, -2.0 * shift[:, :, None]], 2))


def _turned(images: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
    """Return where a turned pixel comes from: matrices [n, 2, 2] in units of half the image, with y pointing down."""
    angle = torch.deg2rad(degrees)
    height, width = images.shape[-2:]
    first = torch.stack([angle.cos(), -angle.sin() * height / width], -1)
    second = torch.stack([angle.sin() * width / height, angle.cos()], -1)
    return torch.stack([first, second], 1)


def _resampled(images: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    """Take each pixel of [n, channels, h, w] from the position that ``theta`` [n, 2, 3] maps it to."""
    grid = functional.affine_grid(theta.to(images.dtype), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
