"""NumPy archives: arrays of images and labels, and of a test split where there is one, each by its name."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from agents.tabular.bounded import Bounded
from agents.tabular.packed import allowed_bytes, fill, open_plain
from agents.tasks.formats.image_set import ImageSet, Labelled, as_images, as_labels, image_set

#: Names that libraries give to images, labels, and those of a test split.
_USUAL = (
    ("x", "y", "x_test", "y_test"),
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("images", "labels", "", ""),
    ("X", "y", "", ""),
    ("data", "labels", "", ""),
)


def read_archive(
    path: Path, x: str = "x", y: str = "y", x_test: str | None = None, y_test: str | None = None
) -> ImageSet:
    """Read an archive of images: [n, h, w], [n, h, w, c] or [n, c, h, w]; uint8, or floats from 0 to 1.

    ``x`` and ``y`` name the arrays of images and labels; those of a test split are ``x_test`` and ``y_test`` where
    nothing else is said. Nothing in it is ever unpickled.

    Raises:
        ValueError: no archive, an array that is missing, or one that holds no images or labels.
    """
    with opened_archive(path) as archive:
        train = _part(archive, path, x, y)
        if x_test is None and not {"x_test", "y_test"} & set(array_names(archive)):
            return image_set(train)
        return image_set(train, _part(archive, path, x_test or "x_test", y_test or "y_test"))


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive for :func:`named_array`.

    Raises:
        ValueError: it is none, or damaged.
    """
    wanted = "wanted: one with images and labels, as numpy.savez writes it"
    try:
        with open_plain(path) as raw:
            if not zipfile.is_zipfile(raw):
                raise ValueError(f"{path}: is no whole NumPy archive; {wanted}")
            with zipfile.ZipFile(raw) as archive:
                yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is no NumPy archive ({_first_line(error)}); {wanted}") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from None


def _part(archive: zipfile.ZipFile, path: Path, images: str, labels: str) -> Labelled:
    # Labels first: they are small, and a name that is wrong is found before images are unpacked.
    y, x = (named_array(archive, path, name) for name in (labels, images))
    location = f"{path}!{images}"
    return Labelled(as_images(x, location), as_labels(y, f"{path}!{labels}"), location)


def array_names(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of its arrays."""
    return [name.removesuffix(".npy") for name in archive.namelist()]


def named_array(archive: zipfile.ZipFile, path: Path, name: str) -> np.ndarray:
    """Return one array; nothing is unpickled.

    Raises:
        ValueError: it is not there, or no plain array.
    """
    names = array_names(archive)
    if name not in names:
        held = ", ".join(names[:20]) or "nothing"
        raise ValueError(f"{path}: has no array '{name}'; it holds {held}{_which(names)}")
    member = archive.namelist()[names.index(name)]
    try:
        with archive.open(member) as packed:
            most = allowed_bytes(archive.getinfo(member).compress_size)
            return _read(Bounded(packed, most, f"{path}!{name}"), most)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, MemoryError) as error:
        raise ValueError(f"{path}!{name}: cannot be read ({_first_line(error)})") from None
    except (NotImplementedError, RuntimeError) as error:
        # zipfile has no class of its own for encrypted members and for packings that it does not know.
        raise ValueError(f"{path}!{name}: cannot be unpacked here ({_first_line(error)})") from None


def _read(stream: BinaryIO, most_bytes: int) -> np.ndarray:
    """Read one array, whose header may promise no more than can be there.

    Raises:
        ValueError: no array, one of objects, or one that is larger than what is packed can be.
    """
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of the format is not known")
    shape, fortran, dtype = _HEADERS[version](stream)
    if dtype.hasobject:
        raise ValueError("Object arrays are not read; save images as uint8 and labels as whole numbers")
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes > most_bytes:
        raise ValueError(f"its header promises {nbytes:,} bytes, more than unpack from what is there")
    raw = np.empty(nbytes, np.uint8)
    if fill(stream, raw) < nbytes:
        raise ValueError(f"it ends before the {nbytes:,} bytes that its header promises")
    array = raw.view(dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)


_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def _which(names: list[str]) -> str:
    """Return what to write for arrays that have names in use elsewhere."""
    for images, labels, test_images, test_labels in _USUAL:
        if images in names and labels in names:
            test = f", x_test: {test_images}, y_test: {test_labels}" if {test_images, test_labels} <= set(names) else ""
            return f"; write for example 'x: {images}, y: {labels}{test}'"
    return "; say which are which with x, y, x_test and y_test"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
