"""Variations of training images that leave their label as it is: mirrored, and moved a little."""

from __future__ import annotations

import torch
from torch.nn import functional


def augmented(images: torch.Tensor, mirror: bool, shift: int, chance: torch.Generator) -> torch.Tensor:
    """Return images [rows, channels, h, w], each mirrored with probability 1/2 and moved by up to ``shift`` pixels.

    What moves in from outside is black. Without either, ``images`` come back untouched and nothing is drawn.
    """
    if mirror:
        turned = torch.rand(len(images), 1, 1, 1, generator=chance) < 0.5
        images = torch.where(turned, images.flip(3), images)
    return _moved(images, shift, chance) if shift else images


def _moved(images: torch.Tensor, shift: int, chance: torch.Generator) -> torch.Tensor:
    rows, channels, height, width = images.shape
    padded = functional.pad(images, (shift,) * 4)
    down, right = torch.randint(0, 2 * shift + 1, (2, rows, 1), generator=chance)
    below = (down + torch.arange(height)).view(rows, 1, height, 1).expand(-1, channels, -1, width + 2 * shift)
    beside = (right + torch.arange(width)).view(rows, 1, 1, width).expand(-1, channels, height, -1)
    return padded.gather(2, below).gather(3, beside)
