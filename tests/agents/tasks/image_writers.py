"""Writes the files that image loaders read, from arrays: a second, independent implementation of the formats."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np


def picture(images: int, channels: int = 1, side: int = 8, classes: int = 3, seed: int = 0) -> np.ndarray:
    """Return bytes [images, channels, side, side]: noise, and a bright row that marks the class (see :func:`named`)."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 60, (images, channels, side, side)).astype(np.uint8)
    for image, label in enumerate(named(images, classes)):
        pixels[image, :, 2 * label % side] = 250
    return pixels


def named(images: int, classes: int = 3) -> np.ndarray:
    """Return the labels of :func:`picture`: 0, 1, 2, 0, 1, ..."""
    return np.arange(images) % classes


def idx_bytes(array: np.ndarray, kind: int = 0x08, dtype: str = ">u1") -> bytes:
    """Return an idx file of ``array``."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype(dtype).tobytes()


def write_idx(folder: Path, prefix: str, images: np.ndarray, labels: np.ndarray, packed: bool = False) -> None:
    """Write a pair of idx files; ``images`` [n, h, w]."""
    folder.mkdir(exist_ok=True)
    for name, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)):
        content = idx_bytes(array)
        path = folder / f"{prefix}{name}{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(content) if packed else content)


def cifar_bytes(images: np.ndarray, *labels: np.ndarray) -> bytes:
    """Return records: label bytes, then the pixels of an image [3, 32, 32]."""
    return b"".join(bytes(int(one[row]) for one in labels) + images[row].tobytes() for row in range(len(images)))
