from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_writers import named, picture

from agents.tasks.formats.npz import read_archive

BYTES, LABELS = picture(20, 3), named(20)
FLOATS = (BYTES / 255.0).astype(np.float32)


def written(folder: Path, **arrays: Any) -> Path:
    path = folder / "set.npz"
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("x", "images"),
    [
        (BYTES, BYTES),
        (np.moveaxis(BYTES, 1, 3), BYTES),
        (BYTES[:, 0], BYTES[:, :1]),
        (FLOATS, FLOATS),
        (FLOATS.astype(np.float64), FLOATS),
        (np.asfortranarray(BYTES), BYTES),
    ],
)
def test_images_come_in_any_usual_layout(tmp_path: Path, x: np.ndarray, images: np.ndarray) -> None:
    found = read_archive(written(tmp_path, x=x, y=LABELS))
    assert found.train.images.dtype == images.dtype
    assert (found.train.images == images).all()
    assert (found.train.labels == LABELS).all()
    assert (found.classes, found.test) == (3, None)


def test_a_test_split_and_labels_in_a_column_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, x=BYTES, y=LABELS[:, None], x_test=BYTES[:4], y_test=np.full(4, 6, np.uint8))
    found = read_archive(path)
    assert found.test is not None
    assert (len(found.train), len(found.test), found.classes) == (20, 4, 7)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": BYTES}, "no array 'y'; it holds x"),
        ({"x": BYTES, "y": LABELS, "x_test": BYTES}, "no array 'y_test'"),
        ({"x": BYTES, "y": LABELS[:5]}, "20 images, but 5 labels"),
        ({"x": BYTES, "y": LABELS / 2}, "labels are float64"),
        ({"x": BYTES, "y": LABELS - 1}, "label -1 of image 0"),
        ({"x": BYTES, "y": np.where(LABELS, 5000, 0)}, "label 5000 of image 1"),
        ({"x": BYTES, "y": BYTES[:, 0]}, "labels have 3 dimensions"),
        ({"x": BYTES.astype(np.int64), "y": LABELS}, "pixels are int64"),
        ({"x": BYTES.reshape(20, -1), "y": LABELS}, "shape 20x192 is none of images"),
        ({"x": np.zeros((20, 8, 8, 2)), "y": LABELS}, "shape 20x8x8x2"),
        ({"x": 255.0 * FLOATS, "y": LABELS}, r"pixel \d+ in image 0; floats run from 0 to 1"),
        ({"x": np.where(np.arange(20)[:, None, None, None] == 13, np.nan, FLOATS), "y": LABELS}, "nan in image 13"),
        ({"x": np.array([{}] * 20, object), "y": LABELS}, "cannot be read .*Object arrays"),
    ],
)
def test_arrays_that_are_no_images_are_refused(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_archive(written(tmp_path, **arrays))


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("images", "labels", None, None),
        ("a", "b", "c", "d"),
    ],
)
def test_arrays_go_by_the_names_that_are_said(tmp_path: Path, names: tuple[str | None, ...]) -> None:
    parts = dict(zip(names, (BYTES, LABELS, BYTES[:6], LABELS[:6]), strict=True))
    path = written(tmp_path, **{name: part for name, part in parts.items() if name})
    said = dict(zip(("x", "y", "x_test", "y_test"), names, strict=True))
    found = read_archive(path, **{key: name for key, name in said.items() if name})
    assert (found.train.images == BYTES).all()
    assert (None if found.test is None else len(found.test)) == (6 if names[2] else None)
    example = "say which are which" if names[0] == "a" else f"write for example 'x: {names[0]}, y: {names[1]}"
    with pytest.raises(ValueError, match=f"has no array 'y'; it holds .*{example}"):
        read_archive(path)


def test_no_header_makes_an_array_that_is_not_there(tmp_path: Path) -> None:
    path = written(tmp_path, x=BYTES, y=LABELS)
    with zipfile.ZipFile(path) as archive:
        raw = archive.read("x.npy")
    for shape in ("(9999999, 3, 8, 8)", "(10**99,)", "(99999999999999999,)"):
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(raw[8] - 1) + b"\n"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", raw[:10] + header + raw[10 + raw[8] :])
            archive.writestr("y.npy", raw)
        with pytest.raises(ValueError, match=r"set.npz!x: cannot be read"):
            read_archive(path, y="y")


def test_what_is_no_whole_archive_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path, x=BYTES, y=LABELS).read_bytes()
    np.save(tmp_path / "single.npy", BYTES)
    for content in (b"", b"hello", whole[: len(whole) // 2], (tmp_path / "single.npy").read_bytes()):
        (tmp_path / "odd.npz").write_bytes(content)
        with pytest.raises(ValueError, match=r"odd\.npz: is no whole NumPy archive"):
            read_archive(tmp_path / "odd.npz")


def test_a_damaged_array_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, x=BYTES, y=LABELS)
    content = bytearray(path.read_bytes())
    content[2000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"set\.npz!x: cannot be read"):
        read_archive(path)
