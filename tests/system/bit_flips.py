"""Damages files: single bits, and what disks and copies do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path


def flip(path: Path, bit: int) -> None:
    """Turn one bit of a file over."""
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(content)


def places(path: Path, count: int, head: int = 2000) -> Iterator[int]:
    """Yield bits of a file: half of them within its first bytes, which say what the rest is."""
    draw, bits = random.Random(count), 8 * path.stat().st_size
    for number in range(count):
        yield draw.randrange(min(8 * head, bits) if number % 2 else bits)


def zero(path: Path) -> None:
    """Write zeros over the second half of a file, as a disk does that lost what was written."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))


def cut(path: Path) -> None:
    """Cut the second half of a file off."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def empty(path: Path) -> None:
    """Leave nothing of a file."""
    path.write_bytes(b"")


def lengthen(path: Path) -> None:
    """Add zeros to a file."""
    path.write_bytes(path.read_bytes() + bytes(512))


def fill(path: Path) -> None:
    """Replace all of a file by zeros."""
    path.write_bytes(bytes(path.stat().st_size))


#: Other damages, by name.
DAMAGES = {one.__name__: one for one in (zero, cut, empty, lengthen, fill)}
