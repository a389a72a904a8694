"""CIFAR's binary records: one or two label bytes, then 1,024 red, green and blue bytes, row by row.

Format: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, binary version.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.tabular.packed import PIECE_BYTES, unpacked
from agents.tasks.formats.image_set import ImageSet, Labelled, image_set

_SHAPE = (3, 32, 32)
_PIXELS = 3072
#: No machine holds more images than this as bytes; a file that unpacks to more was made to harm.
_MOST_BYTES = 1 << 32


class _Record(NamedTuple):
    """How a record begins: for each label byte its name and the number of its classes."""

    name: str
    labels: dict[str, int]

    @property
    def nbytes(self) -> int:
        return len(self.labels) + _PIXELS


CIFAR10 = _Record("CIFAR-10", {"fine": 10})
CIFAR100 = _Record("CIFAR-100", {"coarse": 20, "fine": 100})


def read_records(path: Path, labels: str = "fine") -> ImageSet:
    """Read one file of records, or all of a folder (``*.bin``, gzipped or not; those called test are the test split).

    ``labels`` says which label of CIFAR-100 counts, ``fine`` (100 classes) or ``coarse`` (20).

    Raises:
        ValueError: no file, one that holds no whole records, or a label that cannot be.
    """
    files = _files(path) if path.is_dir() else [path]
    apart = [file for file in files if "test" in file.name.lower()]
    train = [file for file in files if file not in apart] or apart
    raw = {file: _bytes_of(file) for file in files}
    record = _record_of(raw)
    parts = {file: _labelled(file, content, record, labels) for file, content in raw.items()}
    test = _joined([parts[file] for file in apart], path) if train != apart and apart else None
    return image_set(_joined([parts[file] for file in train], path), test, record.labels.get(labels, 10))


def _files(folder: Path) -> list[Path]:
    # A file and its gzipped copy are one: the plain one stays.
    named = {file.name.removesuffix(".gz"): file for file in sorted(folder.iterdir(), reverse=True)}
    files = [file for name, file in sorted(named.items()) if name.endswith(".bin") and file.is_file()]
    if not files:
        raise ValueError(f"{folder}: holds no records; wanted: files that end in .bin or .bin.gz")
    return files


def _bytes_of(path: Path) -> np.ndarray:
    content = bytearray()
    with unpacked(path) as stream:
        while piece := stream.read(PIECE_BYTES):
            content += piece
            if len(content) > _MOST_BYTES:
                raise ValueError(f"{path}: unpacks to more than {_MOST_BYTES >> 30} GiB")
    return np.frombuffer(content, np.uint8)


def _record_of(raw: dict[Path, np.ndarray]) -> _Record:
    """Return the kind of record that divides every file; where both do, the one whose labels can be."""
    fitting = [one for one in (CIFAR10, CIFAR100) if all(len(content) % one.nbytes == 0 for content in raw.values())]
    if not fitting:
        path, content = next((path, one) for path, one in raw.items() if len(one) % CIFAR10.nbytes)
        raise ValueError(f"{path}: {_remainders(len(content))}; wanted: whole records")
    return next((one for one in fitting if not any(_strange(content, one) for content in raw.values())), fitting[0])


def _remainders(nbytes: int) -> str:
    each = [
        f"{nbytes % one.nbytes:,} bytes are left after {nbytes // one.nbytes:,} records of {one.nbytes:,} ({one.name})"
        for one in (CIFAR10, CIFAR100)
    ]
    return f"of {nbytes:,} bytes " + " or ".join(each)


def _strange(content: np.ndarray, record: _Record) -> tuple[int, int, int] | None:
    """Return (record, byte within it, label) of the first label that is no class, if there is one."""
    rows = content.reshape(-1, record.nbytes)
    for location, classes in enumerate(record.labels.values()):
        wrong = rows[:, location] >= classes
        if wrong.any():
            row = int(wrong.argmax())
            return row, location, int(rows[row, location])
    return None


def _labelled(path: Path, content: np.ndarray, record: _Record, labels: str) -> Labelled:
    if strange := _strange(content, record):
        row, location, label = strange
        most = list(record.labels.values())[location] - 1
        at = f"record {row} (byte {row * record.nbytes + location:,})"
        raise ValueError(f"{path}: label {label} of {at}; {record.name} has 0 to {most}")
    if labels not in record.labels:
        raise ValueError(f"{path}: records of {record.name} have no {labels} labels")
    rows = content.reshape(-1, record.nbytes)
    images = rows[:, len(record.labels) :].reshape(-1, *_SHAPE)
    return Labelled(images, rows[:, list(record.labels).index(labels)].astype(np.int64), str(path))


def _joined(parts: Sequence[Labelled], path: Path) -> Labelled:
    if len(parts) == 1:
        return parts[0]
    images = np.concatenate([part.images for part in parts])
    return Labelled(images, np.concatenate([part.labels for part in parts]), str(path))
