from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from image_writers import cifar_bytes, named, picture

from agents.tabular.packed import PIECE_BYTES
from agents.tasks.formats.cifar import read_records

IMAGES, LABELS = picture(40, 3, 32, 10), named(40, 10)
RECORDS = cifar_bytes(IMAGES, LABELS)


@pytest.mark.parametrize("packed", [False, True])
def test_records_are_read_as_they_were_written(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "train.bin"
    path.write_bytes(gzip.compress(RECORDS) if packed else RECORDS)
    found = read_records(path)
    assert (found.shape, found.classes) == ((3, 32, 32), 10)
    assert (found.train.images == IMAGES).all()
    assert (found.train.labels == LABELS).all()


def test_files_larger_than_a_piece_come_whole(tmp_path: Path) -> None:
    many = 2 * PIECE_BYTES // 3073 + 5
    images = np.resize(IMAGES, (many, 3, 32, 32))
    (tmp_path / "a.bin.gz").write_bytes(gzip.compress(cifar_bytes(images, named(many, 10)), 1))
    assert (read_records(tmp_path / "a.bin.gz").train.images == images).all()


def test_a_folder_holds_batches_and_a_test_split(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"data_batch_{number}.bin").write_bytes(cifar_bytes(IMAGES, (LABELS + number) % 10))
    (tmp_path / "test_batch.bin.gz").write_bytes(gzip.compress(RECORDS))
    (tmp_path / "batches.meta.txt").write_text("airplane\n")
    found = read_records(tmp_path)
    assert found.test is not None
    assert (len(found.train), len(found.test)) == (120, 40)
    assert (found.train.labels[40:80] == (LABELS + 2) % 10).all()
    assert (found.test.labels == LABELS).all()


def test_a_file_and_its_gzipped_copy_count_once(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes(RECORDS)
    (tmp_path / "data_batch_1.bin.gz").write_bytes(gzip.compress(RECORDS))
    assert len(read_records(tmp_path).train) == 40


@pytest.mark.parametrize(("labels", "classes"), [("fine", 100), ("coarse", 20)])
def test_cifar_100_has_two_labels(tmp_path: Path, labels: str, classes: int) -> None:
    coarse, fine = named(40, 20), named(40, 7) + 90
    (tmp_path / "train.bin").write_bytes(cifar_bytes(IMAGES, coarse, fine))
    found = read_records(tmp_path, labels)
    assert found.classes == classes
    assert (found.train.labels == (coarse if labels == "coarse" else fine)).all()
    assert (found.train.images == IMAGES).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no image"),
        (RECORDS[:-5], r"3,068 bytes are left after 39 records of 3,073 \(CIFAR-10\) or 3,029 bytes .*CIFAR-100"),
        (
            cifar_bytes(IMAGES, np.where(np.arange(40) == 7, 77, LABELS)),
            r"label 77 of record 7 \(byte 21,511\).*0 to 9",
        ),
        (cifar_bytes(IMAGES, LABELS, LABELS + 95), r"label 100 of record 5 \(byte 15,371\); CIFAR-100 has 0 to 99"),
        (gzip.compress(RECORDS, mtime=0)[:900], "gzip file is cut short"),
    ],
)
def test_what_holds_no_records_is_told_with_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "odd.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said) as reported:
        read_records(path)
    assert str(reported.value).startswith(f"{path}: ")


def test_a_folder_without_records_and_labels_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no records"):
        read_records(tmp_path)
    (tmp_path / "a.bin").write_bytes(RECORDS)
    with pytest.raises(ValueError, match="CIFAR-10 have no coarse labels"):
        read_records(tmp_path, "coarse")
