"""What is in a file, packed or not (gzip, bzip2, xz; one member of a zip), read once and in bounded pieces."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

import numpy as np

#: Bytes read at once.
PIECE_BYTES = 1 << 20
#: No byte of a gzip file unpacks to more than this many (RFC 1951: 258 bytes from two bits).
MOST_EXPANSION = 1032


class _Packing(NamedTuple):
    """How files of one kind begin, what opens them, and how many bytes one of theirs may become."""

    name: str
    magic: bytes
    opens: Callable[[IO[bytes]], Any]
    expands: int


_PACKINGS = (
    _Packing("gzip", b"\x1f\x8b", gzip.open, MOST_EXPANSION),
    _Packing("bzip2", b"BZh", bz2.open, 1 << 16),
    _Packing("xz", b"\xfd7zXZ\0", lzma.open, 1 << 16),
)
_ZIP = b"PK\x03\x04"
_LONGEST_MAGIC = 6


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading what is in it; its first bytes, not its name, show how it is packed.

    ``FILE.zip!inner/name.csv`` is one member of a zip; a zip of one file needs no name.

    Raises:
        ValueError: inside, at a file that is cut short or damaged; or if there is no such file or member.
    """
    name, _, member = str(path).partition("!")
    packing = "gzip"
    try:
        with Path(name).open("rb") as raw:
            begins = raw.read(_LONGEST_MAGIC)
            zipped = member or (begins.startswith(_ZIP) and zipfile.is_zipfile(raw))
            raw.seek(0)
            if zipped:
                packing = "zip"
                with zipfile.ZipFile(raw) as archive, archive.open(_member(name, member, archive)) as inner:
                    yield cast(BinaryIO, inner)
                return
            found = next((one for one in _PACKINGS if begins.startswith(one.magic)), None)
            packing = found.name if found else packing
            with found.opens(raw) if found else raw as stream:
                yield cast(BinaryIO, stream)
    except EOFError:
        raise ValueError(f"{path}: {packing} file is cut short") from None
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: {packing} file is damaged ({error}); fetch it again") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from None


def whole_lines(path: Path, piece_bytes: int) -> Iterator[bytes]:
    """Yield what is in a file in pieces of whole lines, each about ``piece_bytes`` long; raises as :func:`unpacked`."""
    rest = b""
    with unpacked(path) as stream:
        while block := stream.read(piece_bytes):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                yield whole + newline
    if rest:
        yield rest


def most_bytes(path: Path) -> int:
    """Return an upper bound for what unpacks from a file of numbers, so that no header can promise more."""
    with path.open("rb") as raw:
        begins = raw.read(_LONGEST_MAGIC)
    expansions = {_ZIP: MOST_EXPANSION, **{one.magic: one.expands for one in _PACKINGS}}
    return next((most for magic, most in expansions.items() if begins.startswith(magic)), 1) * path.stat().st_size


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


def _member(file: str, member: str, archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if member in names:
        return member
    if not member and len(names) == 1:
        return names[0]
    near = get_close_matches(member, names, n=1, cutoff=0.0)
    example = f"; write for example '!{near[0]}'" if near else ""
    asked = f"there is no {member!r} in the zip" if member else "name a file within the zip"
    raise ValueError(f"{file}: {asked} ({len(names)} files){example}")
