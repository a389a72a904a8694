"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from analysis.whole_files import whole_file


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with whole_file(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_what_ends_in_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as draft:
        half_written(draft)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def half_written(draft: Path) -> None:
    draft.write_text("half")
    raise ZeroDivisionError


def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    with pytest.raises(OSError, match="No space left on device") as caught, whole_file(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_names_the_file_and_not_the_draft(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "report.html"
    with pytest.raises(FileNotFoundError) as caught, whole_file(path):
        pass
    assert caught.value.filename == str(path)


def test_an_error_about_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, whole_file(tmp_path / "report.html"):
        (tmp_path / "figure.svg").read_text()
    assert caught.value.filename == str(tmp_path / "figure.svg")
