"""Pictures for the tests of vision: easy to tell apart, harder when turned."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_pictures(path: Path, images: int = 400, classes: int = 3, side: int = 8) -> None:
    """Write an archive of grey pictures; a bright row tells the class, noise hides it a little."""
    chance = np.random.default_rng(11)
    labels = np.arange(images) % classes
    pixels = chance.integers(0, 160, (images, side, side)).astype(np.uint8)
    pixels[np.arange(images), 2 * labels + 1] = chance.integers(120, 255, (images, side))
    np.savez(path, x=pixels, y=labels)
