"""A seal on files of tensors: the SHA-256 of the whole file, its header included, within the header itself.

The file stays an ordinary safetensors file. It is sealed after it was written: the place for the digest, 64 zeros in
the metadata, is part of what is summed up.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

#: Metadata to write into a file that will be sealed.
UNSEALED = {"seal": "0" * 64}
_SEAL = re.compile(rb'"seal":"([0-9a-f]{64})"')
_LONGEST_HEADER = 100_000_000
_PART = 1 << 22


def seal(path: Path) -> None:
    """Write the digest of a file into it; its metadata must hold :data:`UNSEALED`."""
    at = _place(path)
    assert at is not None, "the metadata have no place for a seal"
    digest = _digest(path, at)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(digest.encode())


def is_whole(path: Path) -> bool:
    """Return whether a file is there and exactly what was sealed.

    Raises:
        OSError: it is there and cannot be read.
    """
    if not path.is_file() or _is_hole(path) or (at := _place(path)) is None:
        return False
    with path.open("rb") as file:
        file.seek(at)
        sealed = file.read(64)
    return _digest(path, at).encode() == sealed


def _is_hole(path: Path) -> bool:
    """Return whether the disk holds almost nothing of a large file: it is not what was sealed."""
    found = path.stat()
    return found.st_size > _PART and found.st_blocks * 512 < found.st_size // 100


def _place(path: Path) -> int | None:
    """Return where the digest stands in a file; None if there is no place for one."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(min(length, _LONGEST_HEADER))
    found = _SEAL.search(header)
    return None if found is None else 8 + found.start(1)


def _digest(path: Path, at: int) -> str:
    """Return the SHA-256 of a file with zeros where its digest stands."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        sha.update(file.read(at) + b"0" * 64)
        file.seek(at + 64)
        while part := file.read(_PART):
            sha.update(part)
    return sha.hexdigest()
