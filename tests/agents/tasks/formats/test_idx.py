from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from image_writers import idx_bytes, named, picture, write_idx

from agents.tasks.formats.idx import read_array, read_folder

IMAGES, LABELS = picture(30)[:, 0], named(30)


@pytest.mark.parametrize("packed", [False, True])
def test_a_pair_is_read_as_it_was_written(tmp_path: Path, packed: bool) -> None:
    write_idx(tmp_path, "train-", IMAGES, LABELS, packed)
    found = read_folder(tmp_path)
    assert found.shape == (1, 8, 8)
    assert found.classes == 3
    assert found.test is None
    assert (found.train.images[:, 0] == IMAGES).all()
    assert (found.train.labels == LABELS).all()


@pytest.mark.parametrize("prefix", ["t10k-", "emnist-digits-test-", ""])
def test_one_pair_is_enough_whatever_it_is_called(tmp_path: Path, prefix: str) -> None:
    write_idx(tmp_path, prefix, IMAGES, LABELS)
    found = read_folder(tmp_path)
    assert len(found.train) == 30
    assert found.test is None


def test_a_test_split_is_known_by_its_name(tmp_path: Path) -> None:
    write_idx(tmp_path, "train-", IMAGES, LABELS)
    write_idx(tmp_path, "t10k-", IMAGES[:6], LABELS[:6], packed=True)
    found = read_folder(tmp_path)
    assert found.test is not None
    assert (len(found.train), len(found.test)) == (30, 6)


def test_dots_and_other_spellings_of_the_family_are_known(tmp_path: Path) -> None:
    (tmp_path / "train-images.idx3-ubyte").write_bytes(idx_bytes(IMAGES))
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(idx_bytes(LABELS))
    assert len(read_folder(tmp_path).train) == 30


def test_a_plain_file_goes_before_its_gzipped_copy(tmp_path: Path) -> None:
    write_idx(tmp_path, "train-", IMAGES, LABELS)
    write_idx(tmp_path, "train-", IMAGES[:9], LABELS[:9], packed=True)
    assert len(read_folder(tmp_path).train) == 30


def test_several_sets_want_a_prefix(tmp_path: Path) -> None:
    for name, rows in (("emnist-letters-", 30), ("emnist-digits-", 12)):
        write_idx(tmp_path, f"{name}train-", IMAGES[:rows], LABELS[:rows])
        write_idx(tmp_path, f"{name}test-", IMAGES[:6], LABELS[:6])
    with pytest.raises(ValueError, match=r"several sets .*'emnist-digits-test-'.*'prefix'"):
        read_folder(tmp_path)
    assert len(read_folder(tmp_path, "emnist-digits").train) == 12
    with pytest.raises(ValueError, match="no pair of 'kmnist"):
        read_folder(tmp_path, "kmnist")


@pytest.mark.parametrize(
    ("kind", "dtype"), [(0x08, ">u1"), (0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
def test_every_type_of_the_format_is_read_in_our_byte_order(tmp_path: Path, kind: int, dtype: str) -> None:
    numbers = np.arange(-24 if dtype[1] != "u" else 0, 0 if dtype[1] != "u" else 24).reshape(2, 3, 4)
    (tmp_path / "a").write_bytes(idx_bytes(numbers, kind, dtype))
    array = read_array(tmp_path / "a")
    assert array.dtype.isnative
    assert (array == numbers).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "begins with nothing"),
        (b"PK\x03\x04", "zip file is damaged"),
        (b"PNG", "begins with 50 4e 47"),
        (idx_bytes(LABELS, kind=0x07), "begins with 00 00 07 01"),
        (b"\0\0\x08\x03\0\0", "ends within the sizes"),
        (idx_bytes(LABELS)[:-3], "ends after 27 of the 30 bytes"),
        (b"\0\0\x08\x02" + b"\xff" * 8 + b"x" * 30, "more than can be in the file"),
        (idx_bytes(LABELS) + b"x", "goes on after the 30 bytes"),
        (gzip.compress(idx_bytes(LABELS)[:-3], mtime=0), "ends after 27 of the 30 bytes"),
        (gzip.compress(idx_bytes(LABELS), mtime=0)[:-9], "gzip file is cut short"),
        (gzip.compress(idx_bytes(LABELS), mtime=0)[:-8] + b"xxxxxxxx", "gzip file is damaged"),
        (b"\x1f\x8b" + b"no gzip after all", "gzip file is damaged"),
    ],
)
def test_what_is_no_idx_file_is_told_with_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said) as reported:
        read_array(path)
    assert str(reported.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (IMAGES, LABELS[:29], "30 images, but 29 labels"),
        (IMAGES[:0], LABELS[:0], "holds no image"),
        (IMAGES[:, :3], LABELS, "3x8 pixels"),
        (IMAGES, np.zeros(30), "at least two classes"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(tmp_path: Path, images: np.ndarray, labels: np.ndarray, said: str) -> None:
    write_idx(tmp_path, "train-", images, labels)
    with pytest.raises(ValueError, match=said):
        read_folder(tmp_path)


def test_splits_of_another_shape_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path, "train-", IMAGES, LABELS)
    write_idx(tmp_path, "t10k-", IMAGES[:, :6], LABELS)
    with pytest.raises(ValueError, match="6x8 pixels, 1 channel, uint8, but 8x8 pixels"):
        read_folder(tmp_path)


def test_half_a_pair_and_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pair of"):
        read_folder(tmp_path)
    write_idx(tmp_path, "train-", IMAGES, LABELS)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="its labels are not beside it"):
        read_folder(tmp_path)
