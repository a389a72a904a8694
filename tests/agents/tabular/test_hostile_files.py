"""What never ends, unpacks to far too much, or is no data at all: one line, at once, in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import resource
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from agents.tabular.packed import unpacked
from agents.tabular.text_lines import read_lines
from agents.tasks.formats.table import read_table
from agents.tasks.recommendation.reading import read_log
from sim.network.traces.recorded import load_rate
from sim.network.traces.windows import load_windows

ROOT = Path(__file__).parents[3]
READERS: dict[str, Callable[[Path], object]] = {
    "table": read_table,
    "log": read_log,
    "rate": load_rate,
    "windows": lambda path: load_windows(path, unit="s"),
}


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _hole(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"1,2,3,4\n")
        file.truncate(4 << 30)


def _tar(path: Path) -> None:
    (path.parent / "in.csv").write_text("1,2\n")
    with tarfile.open(path, "w") as archive:
        archive.add(path.parent / "in.csv")


def _tar_gz(path: Path) -> None:
    _tar(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def _encrypted(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "1,2,3,4\n")
    raw = bytearray(path.read_bytes())
    for mark, where in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + where] |= 1
    path.write_bytes(raw)


def _workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")


def _starts(raw: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(raw + b"\0" * 600) and None


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (_fifo, "no plain file but a pipe or a device"),
    "an endless device": (_zeros, "no plain file but a pipe or a device"),
    "a link to itself": (_loop, "cannot be read|leads to itself|no such trace"),
    "a folder": (lambda path: path.mkdir(), "folder|directory"),
    "a sparse file": (_hole, "almost all of it is a hole"),
    "a tar": (_tar, "is a tar archive"),
    "a packed tar": (_tar_gz, "is a tar archive"),
    "an encrypted zip": (_encrypted, "is encrypted"),
    "a workbook": (_workbook, "workbook of a spreadsheet; save its sheet as CSV"),
    "a 7z archive": (_starts(b"7z\xbc\xaf\x27\x1c"), "is a 7z archive; unpack it"),
    "a RAR archive": (_starts(b"Rar!\x1a\x07\x01"), "is a RAR archive; unpack it"),
    "a Parquet file": (_starts(b"PAR1"), "write it as CSV"),
    "an HDF5 file": (_starts(b"\x89HDF\r\n\x1a\n"), "is an HDF5 file"),
    "a damaged gzip": (_starts(b"\x1f\x8b\x08"), "gzip file is"),
    "a damaged bzip2": (_starts(b"BZh9"), "bzip2 file is damaged"),
    "a damaged xz": (_starts(b"\xfd7zXZ\0"), "xz file is damaged"),
    "a damaged zstd": (_starts(b"\x28\xb5\x2f\xfd"), "zstd file is damaged"),
    "a damaged zip": (_starts(b"PK\x03\x04"), "zip file is damaged"),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_file_of_data_is_refused_in_one_line(tmp_path: Path, what: str, reader: str) -> None:
    write, said = HOSTILE[what]
    write(tmp_path / "data")
    with pytest.raises(ValueError, match=said) as caught:
        READERS[reader](tmp_path / "data")
    assert str(tmp_path / "data") in str(caught.value)
    assert "\n" not in str(caught.value)


def _zip_bomb(path: Path, line: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open("a", "w") as file:
        _fill(file.write, line)


def _gzip_bomb(path: Path, line: bytes) -> None:
    with gzip.open(path, "wb", 9) as file:
        _fill(file.write, line)


def _fill(write: Callable[[bytes], object], line: bytes) -> None:
    block = line * (1 << 20)
    for _ in range((1 << 30) // len(block)):
        write(block)


@pytest.mark.slow
@pytest.mark.parametrize("bomb", [_gzip_bomb, _zip_bomb], ids=["gzip", "zip"])
@pytest.mark.parametrize("line", [b"\0", b"1,2\n", b"7"], ids=["zeros", "short rows", "one line"])
def test_a_bomb_takes_no_memory_to_speak_of(tmp_path: Path, bomb: Callable[[Path, bytes], None], line: bytes) -> None:
    bomb(tmp_path / "bomb", line)
    for code in ("agents.tasks.formats.table:read_table", "agents.tasks.recommendation.reading:read_log"):
        module, function = code.split(":")
        script = (
            f"import resource, sys\nfrom {module} import {function} as read\n"
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "try: read(sys.argv[1])\nexcept ValueError as error: print(error)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
        )
        words = [sys.executable, "-c", script, str(tmp_path / "bomb")]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
        said, kilobytes = done.stdout.splitlines()
        assert "bomb" in said
        # It is unpacked once for its size alone, before a row of it is kept.
        assert int(kilobytes) < 100 << 10


def test_no_more_than_can_be_data_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.tabular.packed.FREE_BYTES", 1000)
    text = b"1,2,3,4\n" * 100_000
    for number, pack in enumerate((gzip.compress, bz2.compress, lzma.compress)):
        path = tmp_path / str(number)
        path.write_bytes(pack(text))
        with pytest.raises(ValueError, match="unpacks to more than 0 MiB, far more than a file of its size holds"):
            list(read_lines(path))


def test_zstd_is_read_and_a_short_one_is_refused(tmp_path: Path) -> None:
    text = b"".join(b"%d,%d,%s\n" % (n, n % 3, b"ab"[n % 2 :][:1]) for n in range(5000))
    packed = pa.compress(text, codec="zstd", asbytes=True)
    (tmp_path / "t").write_bytes(packed)
    assert len(read_table(tmp_path / "t").labels) == 5000
    (tmp_path / "t").write_bytes(packed[:-9])
    with pytest.raises(ValueError, match="zstd file is"):
        read_table(tmp_path / "t")


def test_opening_keeps_no_file_open(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(gzip.compress(b"1,2\n"))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with unpacked(tmp_path / "t") as stream:
            stream.read(1)
    assert len(os.listdir("/proc/self/fd")) == before
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > before
