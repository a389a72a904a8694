"""NumPy archives: arrays ``x`` and ``y``, and ``x_test`` and ``y_test`` where there is a test split."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from agents.tasks.formats.image_set import ImageSet, Labelled, as_images, as_labels, image_set


def read_archive(path: Path) -> ImageSet:
    """Read an archive of images: [n, h, w], [n, h, w, c] or [n, c, h, w]; uint8, or floats from 0 to 1.

    Nothing in it is ever unpickled.

    Raises:
        ValueError: no archive, an array that is missing, or one that holds no images or labels.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: is no whole NumPy archive; wanted: one with 'x' and 'y', as numpy.savez writes it")
    try:
        archive = np.load(path, allow_pickle=False)
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise ValueError(f"{path}: is no NumPy archive ({_first_line(error)})") from None
    with archive:
        return image_set(_part(archive, path, "x", "y"), _test(archive, path))


def _test(archive: np.lib.npyio.NpzFile, path: Path) -> Labelled | None:
    there = [name for name in ("x_test", "y_test") if name in archive.files]
    return _part(archive, path, "x_test", "y_test") if there else None


def _part(archive: np.lib.npyio.NpzFile, path: Path, images: str, labels: str) -> Labelled:
    x, y = _array(archive, path, images), _array(archive, path, labels)
    location = f"{path}!{images}"
    return Labelled(as_images(x, location), as_labels(y, f"{path}!{labels}"), location)


def _array(archive: np.lib.npyio.NpzFile, path: Path, name: str) -> np.ndarray:
    if name not in archive.files:
        held = ", ".join(archive.files) or "nothing"
        raise ValueError(f"{path}: has no array '{name}'; it holds {held}")
    try:
        array: np.ndarray = archive[name]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, MemoryError) as error:
        raise ValueError(f"{path}!{name}: cannot be read ({_first_line(error)})") from None
    return array


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
