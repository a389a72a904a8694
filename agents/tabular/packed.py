"""What is in a file, packed or not (gzip, bzip2, xz, zstd; one member of a zip), in bounded pieces."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

import numpy as np

from agents.tabular.bounded import Bounded, FileError

#: Bytes read at once.
PIECE_BYTES = 1 << 20
#: So much may unpack from any file, and so much from each of its bytes; what unpacks to more was made to harm.
FREE_BYTES, MOST_EXPANSION = 1 << 26, 48
#: A file larger than this of which the disk holds less than a hundredth is mostly a hole, and no data.
_LARGE_BYTES, _LEAST_HELD = 1 << 26, 0.01
#: A longer line is no line of data.
LONGEST_LINE = 1 << 20


def _zstd(raw: IO[bytes]) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(raw, "zstd")


class _Packing(NamedTuple):
    """How files of one kind begin, and what opens them."""

    name: str
    magic: bytes
    opens: Callable[[IO[bytes]], Any]


_PACKINGS = (
    _Packing("gzip", b"\x1f\x8b", gzip.open),
    _Packing("bzip2", b"BZh", bz2.open),
    _Packing("xz", b"\xfd7zXZ\0", lzma.open),
    _Packing("zstd", b"\x28\xb5\x2f\xfd", _zstd),
)
_ZIP = b"PK\x03\x04"
#: (where, bytes, what it is) of files that hold data in a way that is not read here.
_UNREAD = (
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (0, b"Rar!\x1a\x07", "a RAR archive; unpack it"),
    (0, b"\x04\x22\x4d\x18", "packed with lz4; unpack it"),
    (0, b"\x1f\x9d", "packed with compress; unpack it"),
    (0, b"PAR1", "a Parquet file; write it as CSV"),
    (0, b"\x89HDF\r\n", "an HDF5 file; write it as CSV or as a NumPy archive"),
    (0, b"SQLite format 3", "a SQLite database; write a table of it as CSV"),
    (0, b"%PDF-", "a PDF; write its table as CSV"),
    (0, b"PK\x05\x06", "a zip without a file in it"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of a spreadsheet; save its sheet as CSV"),
    (0, b"\x93NUMPY", "one NumPy array; save it with its labels as an archive: np.savez(FILE, x=..., y=...)"),
    (0, b"ARROW1", "an Arrow file; write it as CSV"),
    (0, b"ORC", "an ORC file; write it as CSV"),
    (0, b"Obj\x01", "an Avro file; write it as CSV"),
    (0, b"MATLAB 5.0 MAT-file", "a file of MATLAB; write it as CSV"),
    (0, b"RDX", "a file of R; write it as CSV"),
    (0, b"<stata_dta>", "a file of Stata; write it as CSV"),
    (0, b"\x80\x03", "a pickle of Python; write it as CSV"),
    (0, b"\x80\x04\x95", "a pickle of Python; write it as CSV"),
    (0, b"\x80\x05\x95", "a pickle of Python; write it as CSV"),
    (0, b"]\x00\x00", "packed with lzma alone; unpack it"),
    (0, b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc2\xea\x81\x60", "a file of SAS; write it as CSV"),
    (0, b"\x89PNG\r\n", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"version https://git-lfs.github.com/", "a pointer of Git LFS; fetch what it points to: git lfs pull"),
    (0, b"<!DOCTYPE html", "a web page; fetch the file itself"),
    (0, b"<!doctype html", "a web page; fetch the file itself"),
    (0, b"<html", "a web page; fetch the file itself"),
    (257, b"ustar", "a tar archive; unpack it and name a file in it"),
)
_PEEKED = 512


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading what is in it; its first bytes, not its name, show how it is packed.

    ``FILE.zip!inner/name.csv`` is one member of a zip; a zip of one file needs no name.

    Raises:
        FileError: inside, at a file that is cut short, damaged or unpacks to too much; or if there is no such file or
            member, if it is encrypted, no plain file, or of a kind that is not read here.
    """
    name, _, member = str(path).partition("!")
    packing = ""
    try:
        with open_plain(name) as raw:
            begins = raw.read(_PEEKED)
            packing = _packing_of(begins, member)
            raw.seek(0)
            with _opened(raw, path, packing, member) as stream:
                yield stream
    except EOFError:
        raise FileError(f"{path}: {packing} file is cut short") from None
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise FileError(f"{path}: {packing} file is damaged ({error}); fetch it again") from None
    except (NotImplementedError, RuntimeError) as error:
        # zipfile has no class of its own for either.
        said = "is encrypted; unpack it" if "encrypted" in str(error) else f"cannot be unpacked here ({error})"
        raise FileError(f"{path}: {said}") from None
    except OSError as error:
        said = "is damaged" if packing in ("bzip2", "zstd") and error.errno is None else "cannot be read"
        raise FileError(f"{path}: {packing and packing + ' file '}{said} ({error.strerror or error})") from None


def open_plain(name: str | Path) -> BinaryIO:
    """Open a file for reading its bytes.

    Raises:
        FileError: a folder, a pipe or device, which may never end, or a file that is mostly a hole.
        OSError: it cannot be opened.
    """
    found = os.stat(name)
    if stat.S_ISDIR(found.st_mode):
        raise FileError(f"{name}: is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise FileError(f"{name}: is no plain file but a pipe or a device")
    if found.st_size > _LARGE_BYTES and found.st_blocks * 512 < _LEAST_HELD * found.st_size:
        raise FileError(f"{name}: is {found.st_size:,} bytes long, but almost all of it is a hole; fetch it again")
    return cast(BinaryIO, Path(name).open("rb"))


def whole_lines(path: Path, piece_bytes: int, opens: Callable[[Path], Any] = unpacked) -> Iterator[bytes]:
    """Yield what is in a file in pieces of whole lines, each about ``piece_bytes`` long.

    Raises:
        ValueError: as :func:`unpacked`, or a line without end.
    """
    rest = b""
    with opens(path) as stream:
        while block := stream.read(piece_bytes):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                yield whole + newline
            elif len(rest) > piece_bytes + LONGEST_LINE:
                raise ValueError(f"{path}: holds a line longer than {piece_bytes} bytes; this is no table")
    if rest:
        yield rest


def most_bytes(path: Path) -> int:
    """Return an upper bound for what unpacks from a file, so that no header can promise more."""
    size = path.stat().st_size
    with open_plain(path) as raw:
        packed = _packing_of(raw.read(_PEEKED), "")
    return allowed_bytes(size) if packed else size


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


@contextmanager
def _opened(raw: BinaryIO, path: Path, packing: str, member: str) -> Iterator[BinaryIO]:
    if not packing:
        _refuse_unread(path, raw.read(_PEEKED))
        raw.seek(0)
        yield raw
    elif packing == "zip":
        with zipfile.ZipFile(raw) as archive:
            name = _member(str(path).partition("!")[0], member, archive)
            size = archive.getinfo(name).compress_size
            with archive.open(name) as inner:
                _run_through(_within(path, inner, size))
            with archive.open(name) as inner:
                yield _within(path, inner, size)
    else:
        found, size = next(one for one in _PACKINGS if one.name == packing), os.fstat(raw.fileno()).st_size
        with open_plain(path) as again, found.opens(again) as inner:
            _run_through(_within(path, inner, size))
        with found.opens(raw) as inner:
            yield _within(path, inner, size)


def _run_through(stream: BinaryIO) -> None:
    """Unpack once and keep nothing: what is damaged or was made to harm is known before rows of it fill the memory."""
    while stream.read(PIECE_BYTES):
        pass


def _within(path: Path, inner: Any, packed_bytes: int) -> BinaryIO:
    """Return what unpacks, as long as it is no more than a file of data can hold."""
    stream = Bounded(inner, allowed_bytes(packed_bytes), str(path))
    begins = stream.peek(_PEEKED)
    if twice := _packing_of(begins, ""):
        raise FileError(f"{path}: is packed twice, with {twice} inside; unpack it once")
    _refuse_unread(path, begins)
    return cast(BinaryIO, stream)


def allowed_bytes(packed_bytes: int) -> int:
    """Return how many bytes may unpack from so many: what unpacks to more was made to harm."""
    return max(FREE_BYTES, MOST_EXPANSION * packed_bytes)


def _packing_of(begins: bytes, member: str) -> str:
    if member or begins.startswith(_ZIP):
        return "zip"
    return next((one.name for one in _PACKINGS if begins.startswith(one.magic)), "")


def _refuse_unread(path: Path, begins: bytes) -> None:
    for where, magic, said in _UNREAD:
        if begins[where:].startswith(magic):
            raise FileError(f"{path}: is {said}")


def _member(file: str, member: str, archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if "[Content_Types].xml" in names:
        raise FileError(f"{file}: is a workbook of a spreadsheet; save its sheet as CSV")
    if member in names:
        return member
    if not member and len(names) == 1:
        return names[0]
    if not names:
        raise FileError(f"{file}: is a zip without a file in it")
    near = get_close_matches(member, names, n=1, cutoff=0.0)
    example = f"; write for example '!{near[0]}'" if near else ""
    asked = f"there is no {member!r} in the zip" if member else "name a file within the zip"
    raise FileError(f"{file}: {asked} ({len(names)} files){example}")
