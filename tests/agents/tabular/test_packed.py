"""Files of every packing are read, and the error of a damaged one holds its name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.tabular.packed import most_bytes, unpacked, whole_lines
from agents.tasks.formats.table import read_table
from agents.tasks.recommendation.reading import read_log
from sim.network.traces.recorded import load_rate

PACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
ROWS = b"".join(b"%d,%d,%s\n" % (n, n % 3, b"ab"[n % 2 :][:1]) for n in range(5000))


@pytest.mark.parametrize("packing", PACK)
def test_what_is_packed_is_read_whatever_its_name(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "odd.name"
    path.write_bytes(PACK[packing](ROWS))
    assert len(read_table(path).labels) == 5000
    path.write_bytes(PACK[packing](b"1,2,3,4\n5,6,7,8\n"))
    assert len(read_log(path)) == 2
    path.write_bytes(PACK[packing](b"0\n4\n8\n"))
    assert load_rate(path).period_s == 0.008


@pytest.mark.parametrize("packing", PACK)
def test_what_is_cut_short_is_told(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "cut"
    path.write_bytes(PACK[packing](ROWS)[:-20])
    with pytest.raises(ValueError, match=f"cut: {packing} file is"):
        read_table(path)


def test_one_member_of_a_zip_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("one.csv", ROWS)
    with unpacked(tmp_path / "all.zip") as stream:
        assert stream.read() == ROWS
    assert len(read_table(f"{tmp_path}/all.zip!one.csv").labels) == 5000
    with pytest.raises(ValueError, match=r"no 'two.csv' in the zip"):
        read_table(f"{tmp_path}/all.zip!two.csv")


def test_pieces_are_whole_lines_and_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(ROWS + b"last")
    pieces = list(whole_lines(tmp_path / "t", 1000))
    assert b"".join(pieces) == ROWS + b"last"
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])


def test_no_more_is_promised_than_can_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(ROWS)
    assert most_bytes(tmp_path / "t") == len(ROWS)
    (tmp_path / "t").write_bytes(gzip.compress(ROWS))
    assert most_bytes(tmp_path / "t") >= len(ROWS)


def test_a_trace_in_utf_16_is_read(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_bytes("time_s,rate_kbps\n0,5\n1,6\n".encode("utf-16"))
    assert load_rate(tmp_path / "sheet.csv").at(1.0) == 6000.0
