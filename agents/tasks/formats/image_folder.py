"""Folders of pictures, a folder for each class: as torchvision's ImageFolder and Keras' image_dataset read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agents.tasks.formats.image_set import MOST_CLASSES, ImageSet, Labelled, image_set

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
#: Pictures that are not read; left out without a word, they would be missing.
_UNREAD = frozenset(
    {".avif", ".bpg", ".cr2", ".cr3", ".dcm", ".dng", ".eps", ".exr", ".hdr", ".heic", ".heif", ".j2c", ".j2k", ".jfif"}
    | {".jp2", ".jpe", ".jpf", ".jpx", ".jxl", ".nef", ".pbm", ".pcx", ".pfm", ".pnm", ".psd", ".raw", ".svg", ".tga"}
)
#: Names of the folders of splits; the first two that are there are used.
_TRAIN, _TEST = ("train", "training"), ("test", "val", "valid", "validation")
#: Bytes of all pictures, unpacked.
_MOST_BYTES = 1 << 32


def read_image_folder(path: Path, size: int | None = None, grey: bool = False) -> ImageSet:
    """Read ``class/picture.png``, or ``train/class/picture.png`` and ``test/class/picture.png``.

    Args:
        path: the folder.
        size: what pictures are scaled to, in pixels a side; None: they have one size.
        grey: one channel instead of three.

    Raises:
        ValueError: no such folders, splits with other classes, pictures that cannot be read or differ in size.
    """
    if not path.is_dir():
        raise ValueError(f"{path}: is no folder; wanted: a folder for each class, with pictures in it")
    train = next((path / name for name in _TRAIN if (path / name).is_dir()), None)
    test = next((path / name for name in _TEST if (path / name).is_dir()), None)
    if train is None:
        return image_set(_split(path, class_folders(path), size, grey))
    names = class_folders(train)
    if test is not None and (odd := sorted(set(class_folders(test)) - set(names))):
        raise ValueError(f"{test}: has the class {odd[0]!r}, which {train.name} lacks")
    seen = None if test is None else _split(test, names, size, grey, whole=False)
    return image_set(_split(train, names, size, grey), seen, len(names))


def class_folders(folder: Path) -> list[str]:
    """Return the names of the folders of classes, sorted.

    Raises:
        ValueError: too few, or too many.
    """
    names = sorted(one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    if not 2 <= len(names) <= MOST_CLASSES:
        raise ValueError(f"{folder}: has {len(names)} folders; wanted: one for each class, 2 to {MOST_CLASSES}")
    return names


def _split(folder: Path, names: list[str], size: int | None, grey: bool, whole: bool = True) -> Labelled:
    files, labels = pictures_by_class(folder, names, whole)
    return Labelled(read_pictures(files, folder, size, grey), labels, str(folder))


def pictures_by_class(folder: Path, names: Sequence[str], whole: bool = True) -> tuple[list[Path], np.ndarray]:
    """Return the pictures in the folders of classes, sorted by name within each, and their classes: int64 [pictures].

    Args:
        folder: with a folder for each class.
        names: of the classes.
        whole: whether each class needs a picture; a test split may lack some.

    Raises:
        ValueError: there is none, a class is empty, or a picture is of a kind that is not read.
    """
    found = [(file, label) for label, name in enumerate(names) for file in _pictures_in(folder / name)]
    known = f"known are {', '.join(sorted(_PICTURES))}"
    if not found:
        raise ValueError(f"{folder}: no picture is in its folders; {known}")
    labels = np.array([label for _, label in found], np.int64)
    empty = [name for label, name in enumerate(names) if label not in set(labels.tolist())]
    if whole and empty:
        raise ValueError(f"{folder / empty[0]}: no picture is in it; put some there or remove the folder; {known}")
    return [file for file, _ in found], labels


def _pictures_in(folder: Path) -> list[Path]:
    files = sorted(folder.rglob("*")) if folder.is_dir() else []
    if unread := next((file for file in files if file.suffix.lower() in _UNREAD), None):
        raise ValueError(f"{unread}: pictures of this kind are not read; save it as PNG, or take it out of the folder")
    return [file for file in files if file.suffix.lower() in _PICTURES]


def read_pictures(files: Sequence[Path], folder: Path, size: int | None = None, grey: bool = False) -> np.ndarray:
    """Return pictures of one size: uint8 [pictures, channels, height, width].

    Raises:
        ValueError: one that cannot be read or has another size, or too many pixels in all.
    """
    images: list[np.ndarray] = []
    held = 0
    for file in files:
        image = _image(file, size, grey)
        if images and image.shape != images[0].shape:
            said = "x".join(map(str, image.shape[1:])), "x".join(map(str, images[0].shape[1:]))
            raise ValueError(f"{file}: has {said[0]} pixels, the first one {said[1]}; write for example 'size: 32'")
        held += image.nbytes
        if held > _MOST_BYTES:
            raise ValueError(f"{folder}: holds more than {_MOST_BYTES >> 30} GiB of pixels; write a smaller 'size'")
        images.append(image)
    return np.stack(images)


def _image(file: Path, size: int | None, grey: bool) -> np.ndarray:
    """Return uint8 [channels, height, width]."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            _refuse_deep(file, opened.mode)
            picture = opened.convert("L" if grey else "RGB")
            if size is not None:
                picture = picture.resize((size, size), Image.Resampling.BILINEAR)
            pixels = np.asarray(picture, np.uint8)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file}: is no picture that can be read ({type(error).__name__})") from None
    return pixels[None] if grey else np.ascontiguousarray(np.moveaxis(pixels, 2, 0))


def _refuse_deep(file: Path, mode: str) -> None:
    """Refuse what is no byte a pixel, which Pillow would cut off at 255: 16 bits would be white, and floats black."""
    if mode.startswith(("I", "F")):
        kind = "floats" if mode == "F" else "more than 8 bits"
        raise ValueError(f"{file}: has {kind} a pixel; scale it to 0 to 255 and save it with 8 bits a channel")
