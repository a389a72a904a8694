"""Folders of pictures, a folder for each class: as torchvision's ImageFolder and Keras' image_dataset read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agents.tasks.formats.image_set import MOST_CLASSES, ImageSet, Labelled, image_set

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
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
        return image_set(*_split(path, _classes(path), size, grey))
    names = _classes(train)
    if test is not None and (odd := sorted(set(_classes(test)) - set(names))):
        raise ValueError(f"{test}: has the class {odd[0]!r}, which {train.name} lacks")
    (learnt,) = _split(train, names, size, grey)
    return image_set(learnt, None if test is None else _split(test, names, size, grey)[0], len(names))


def _classes(folder: Path) -> list[str]:
    names = sorted(one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    if not 2 <= len(names) <= MOST_CLASSES:
        raise ValueError(f"{folder}: has {len(names)} folders; wanted: one for each class, 2 to {MOST_CLASSES}")
    return names


def _split(folder: Path, names: list[str], size: int | None, grey: bool) -> tuple[Labelled]:
    images: list[np.ndarray] = []
    labels: list[int] = []
    held = 0
    for label, name in enumerate(names):
        for file in sorted((folder / name).rglob("*")) if (folder / name).is_dir() else ():
            if file.suffix.lower() not in _PICTURES:
                continue
            image = _image(file, size, grey)
            if images and image.shape != images[0].shape:
                said = "x".join(map(str, image.shape[1:])), "x".join(map(str, images[0].shape[1:]))
                raise ValueError(f"{file}: has {said[0]} pixels, the first one {said[1]}; write for example 'size: 32'")
            held += image.nbytes
            if held > _MOST_BYTES:
                raise ValueError(f"{folder}: holds more than {_MOST_BYTES >> 30} GiB of pixels; write a smaller 'size'")
            images.append(image)
            labels.append(label)
    if not images:
        raise ValueError(f"{folder}: no picture is in its folders; known are {', '.join(sorted(_PICTURES))}")
    return (Labelled(np.stack(images), np.array(labels, np.int64), str(folder)),)


def _image(file: Path, size: int | None, grey: bool) -> np.ndarray:
    """Return uint8 [channels, height, width]."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            picture = opened.convert("L" if grey else "RGB")
            if size is not None:
                picture = picture.resize((size, size), Image.Resampling.BILINEAR)
            pixels = np.asarray(picture, np.uint8)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file}: is no picture that can be read ({type(error).__name__})") from None
    return pixels[None] if grey else np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
