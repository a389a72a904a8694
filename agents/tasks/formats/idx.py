"""The idx format of the MNIST family: a header that names type and sizes, then the numbers, big-endian.

Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from agents.tabular.packed import fill, most_bytes, unpacked
from agents.tasks.formats.image_set import ImageSet, Labelled, as_images, as_labels, image_set

#: Third byte of an idx file -> how its numbers are stored.
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_NAME = re.compile(r"^(?P<prefix>.*?)(?P<what>images|labels)[-.]idx(?P<axes>\d)-ubyte(\.gz)?$")
#: What a prefix holds that names the test split.
_TEST = re.compile(r"t10k|test", re.IGNORECASE)


class _Pair(NamedTuple):
    images: Path
    labels: Path


def read_folder(folder: Path, prefix: str | None = None) -> ImageSet:
    """Read all pairs of ``...images-idx3-ubyte`` and ``...labels-idx1-ubyte`` in a folder, gzipped or not.

    A pair whose name says ``t10k`` or ``test`` is the test split. Where a folder holds several sets, ``prefix``
    says which: it is how the names of the wanted files begin.

    Raises:
        ValueError: no pair, half of one, several sets, or a file that cannot be used.
    """
    pairs = _pairs(folder, prefix or "")
    test = [name for name in pairs if _TEST.search(name)]
    train = [name for name in pairs if name not in test] or test
    if len(train) > 1 or (len(test) > 1):
        raise ValueError(f"{folder}: holds several sets ({', '.join(map(repr, pairs))}); say which with 'prefix'")
    apart = _read_pair(pairs[test[0]]) if test and train != test else None
    return image_set(_read_pair(pairs[train[0]]), apart)


def read_array(path: Path) -> np.ndarray:
    """Read one idx file, in its own shape and in this machine's byte order.

    Raises:
        ValueError: no idx file, or one with fewer or more bytes than its header says.
    """
    with unpacked(path) as stream:
        dtype, shape = _header(stream, path)
        wanted = math.prod(shape) * dtype.itemsize
        if wanted > most_bytes(path):
            raise ValueError(f"{path}: the header promises {_shown(shape)} numbers, more than can be in the file")
        try:
            array = np.empty(shape, dtype)
        except ValueError as error:
            raise ValueError(f"{path}: the header promises an array that cannot be ({error})") from None
        got = fill(stream, array.reshape(-1).view(np.uint8))
        if got < wanted:
            raise ValueError(f"{path}: ends after {got} of the {wanted} bytes that {_shown(shape)} numbers take")
        if stream.read(1):
            raise ValueError(f"{path}: goes on after the {wanted} bytes that {_shown(shape)} numbers take")
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(stream: BinaryIO, path: Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not magic[3]:
        wanted = "00 00, a type (08: unsigned bytes) and the number of dimensions"
        raise ValueError(f"{path}: begins with {magic.hex(' ') or 'nothing'}; an idx file begins with {wanted}")
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ValueError(f"{path}: ends within the sizes of its {magic[3]} dimensions")
    return np.dtype(_TYPES[magic[2]]), struct.unpack(f">{magic[3]}I", sizes)


def _pairs(folder: Path, prefix: str) -> dict[str, _Pair]:
    found: dict[str, dict[str, Path]] = {}
    # Sorted, so that of a file and its gzipped copy the plain one comes first and stays.
    for path in sorted(folder.iterdir()):
        named = _NAME.match(path.name)
        if named and named["prefix"].startswith(prefix) and path.is_file():
            found.setdefault(named["prefix"], {}).setdefault(named["what"], path)
    if not found:
        wanted = f"'{prefix}...images-idx3-ubyte' and '{prefix}...labels-idx1-ubyte', with or without .gz"
        raise ValueError(f"{folder}: holds no pair of {wanted}")
    for pair in found.values():
        if missing := {"images", "labels"} - pair.keys():
            raise ValueError(f"{next(iter(pair.values()))}: its {missing.pop()} are not beside it")
    return {name: _Pair(pair["images"], pair["labels"]) for name, pair in found.items()}


def _read_pair(pair: _Pair) -> Labelled:
    images = as_images(read_array(pair.images), str(pair.images))
    labels = as_labels(read_array(pair.labels), str(pair.labels))
    return Labelled(images, labels, str(pair.images))


def _shown(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
