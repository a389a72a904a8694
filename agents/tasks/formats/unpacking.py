"""Bytes of a file, gzipped or not, read once and in bounded pieces."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

#: Bytes read at once.
PIECE_BYTES = 1 << 20
#: No byte of a gzip file unpacks to more than this many (RFC 1951: 258 bytes from two bits).
MOST_EXPANSION = 1032
_GZIP = b"\x1f\x8b"


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading what is in it; gzip is known by its first two bytes, whatever the name says.

    Raises:
        ValueError: inside, at a gzip file that is cut short or damaged; or if there is no such file.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            with gzip.open(raw) if packed else raw as stream:
                yield cast(BinaryIO, stream)
    except EOFError:
        raise ValueError(f"{path}: gzip file is cut short") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: gzip file is damaged ({error})") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from None


def most_bytes(path: Path) -> int:
    """Return an upper bound for what unpacks from a file, so that no header can promise more."""
    with path.open("rb") as raw:
        factor = MOST_EXPANSION if raw.read(2) == _GZIP else 1
    return factor * path.stat().st_size


def fill(stream: BinaryIO, target: np.ndarray) -> int:
    """Fill ``target`` (uint8 [n]) piece by piece from ``stream``; return how many bytes there were."""
    filled = 0
    while filled < len(target):
        piece = stream.read(min(PIECE_BYTES, len(target) - filled))
        if not piece:
            break
        target[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    return filled
