"""Folders of pictures, a folder for each class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agents.tasks.formats.image_folder import read_image_folder

PIXELS = np.random.default_rng(1).integers(0, 256, (6, 8, 10, 3), np.uint8)


def write(folder: Path, suffix: str = "png") -> Path:
    for number, pixels in enumerate(PIXELS):
        place = folder / ("cat", "dog")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number}.{suffix}")
    return folder


def test_classes_are_folders_in_order_and_pixels_are_kept(tmp_path: Path) -> None:
    (write(tmp_path) / "cat" / "notes.txt").write_text("no picture")
    found = read_image_folder(tmp_path)
    assert (found.classes, found.test, found.shape) == (2, None, (3, 8, 10))
    assert found.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert (found.train.images == np.moveaxis(PIXELS[[0, 2, 4, 1, 3, 5]], 3, 1)).all()


def test_splits_have_folders_of_their_own_and_share_their_classes(tmp_path: Path) -> None:
    write(tmp_path / "train")
    (tmp_path / "test" / "dog").mkdir(parents=True)
    (tmp_path / "test" / "cat").mkdir()
    Image.fromarray(PIXELS[0]).save(tmp_path / "test" / "dog" / "0.png")
    found = read_image_folder(tmp_path, size=4, grey=True)
    assert found.test is not None
    assert (found.test.labels.tolist(), found.shape) == ([1], (1, 4, 4))


def larger(folder: Path) -> None:
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "dog" / "z.png")


def broken(folder: Path) -> None:
    (folder / "dog" / "z.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")


def one_class(folder: Path) -> None:
    for file in (folder / "dog").iterdir():
        file.unlink()
    (folder / "dog").rmdir()


def no_pictures(folder: Path) -> None:
    for file in folder.rglob("*.png"):
        file.rename(file.with_suffix(".txt"))


def empty_class(folder: Path) -> None:
    for file in (folder / "dog").iterdir():
        file.unlink()


def unread(folder: Path) -> None:
    (folder / "dog" / "z.HEIC").write_bytes(b"")


def deep(folder: Path) -> None:
    Image.fromarray(np.full((8, 10), 40_000, np.uint16)).save(folder / "dog" / "z.png")


def deeper(folder: Path) -> None:
    Image.fromarray(np.full((8, 10), 40_000, np.int32)).save(folder / "dog" / "z.tif")


def floats(folder: Path) -> None:
    Image.fromarray(np.full((8, 10), 0.5, np.float32)).save(folder / "dog" / "z.tif")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (empty_class, "dog: no picture is in it; put some there or remove the folder; known are"),
        (unread, "z.HEIC: pictures of this kind are not read; save it as PNG"),
        (deep, "z.png: has more than 8 bits a pixel; .* save it with 8 bits"),
        (deeper, "z.tif: has more than 8 bits a pixel"),
        (floats, "z.tif: has floats a pixel"),
        (larger, "z.png: has 9x9 pixels, the first one 8x10; write for example 'size: 32'"),
        (broken, "z.png: is no picture that can be read"),
        (one_class, "has 1 folders; wanted: one for each class"),
        (no_pictures, "no picture is in its folders"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(write(tmp_path))
    with pytest.raises(ValueError, match=said) as caught:
        read_image_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match="is no folder"):
        read_image_folder(tmp_path / "a.png")
