"""Run folders in which a text is no text any more, sums are gone, or writing is not allowed: one line, in no time."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bit_flips import flip
from run_commands import Reported, Run, RunScenario

from sim.commands.exits import BAD_INPUT, ENVIRONMENT
from sim.commands.failures import known_failure
from sim.run.checksums import changed, written_text
from sim.run.resuming.journal import Past


def _hole(path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(3 << 30)


def _zeros(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


ODD: dict[str, Callable[[Path], None]] = {
    "a hole": _hole,
    "an endless device": _zeros,
    "a pipe": _pipe,
    "a loop": _loop,
}
TEXTS = ("STATUS", "SHA256SUMS", "manifest.json", "summary.json", "resolved.yaml")


@pytest.fixture(scope="module")
def whole(play: RunScenario) -> Run:
    return play("timing", "duration=1 min", "execution.checkpoint=1 us")


@pytest.fixture
def folder(whole: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole.folder, tmp_path / "run"))


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_text_is_refused_at_once(reported: Reported, folder: Path, name: str, what: str) -> None:
    ODD[what](folder / name)
    began = time.process_time()
    code, out, err = reported("compare", str(folder))
    again = reported("resume", str(folder), "--quiet")
    assert time.process_time() - began < 60.0
    if name == "STATUS":
        # Without a status nothing is known to be whole: what is there is shown, and nothing goes on.
        assert code in (0, 2)
    else:
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert str(folder) in err
    assert again[0] in (0, 2)


@pytest.mark.parametrize("what", ODD)
def test_a_table_that_is_no_file_is_not_read(reported: Reported, folder: Path, what: str) -> None:
    ODD[what](folder / "windows.parquet")
    code, out, err = reported("compare", str(folder))
    assert (code, out) == (2, "")
    assert "windows.parquet: " in err


def test_texts_of_a_run_are_plain_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "SHA256SUMS"
    path.write_text("", encoding="utf-8")
    _hole(path)
    with pytest.raises(ValueError, match="hole"):
        written_text(path)
    assert changed(tmp_path, ["x"]) == ["SHA256SUMS"]
    _pipe(path)
    with pytest.raises(ValueError, match="a pipe or a device"):
        written_text(path)
    assert Past.read(path) is None


@pytest.mark.parametrize("words", [("compare",), ("report",), ("plot", "--only", "latency", "--format", "svg")])
def test_a_finished_run_without_sums_is_reported(reported: Reported, folder: Path, words: tuple[str, ...]) -> None:
    (folder / "SHA256SUMS").unlink()
    code, _, err = reported(words[0], str(folder), *words[1:])
    assert code == 0
    assert err == f"{folder}: has no SHA256SUMS: nothing shows whether its files are what the run wrote\n"


def test_a_figure_that_does_not_apply_is_refused(reported: Reported, folder: Path) -> None:
    code, out, err = reported("plot", str(folder), "--only", "accuracy,regret")
    assert (code, out) == (2, "")
    assert err == f"{folder}: has nothing that accuracy or regret could show\n"


def test_a_damaged_point_of_a_sweep_is_named_where_it_is_left_out(
    reported: Reported, whole: Run, tmp_path: Path
) -> None:
    for seed in (1, 2):
        shutil.copytree(whole.folder, tmp_path / "sweep" / f"seed={seed}")
    points = [
        {"name": f"seed={seed}", "folder": f"seed={seed}", "values": {"a": str(seed)}, "seed": 1} for seed in (1, 2)
    ]
    plan = {"name": "two", "axes": ["a"], "points": points}
    (tmp_path / "sweep" / "sweep.json").write_text(json.dumps(plan), encoding="utf-8")
    table = tmp_path / "sweep" / "seed=2" / "windows.parquet"
    flip(table, 8 * (table.stat().st_size // 2))
    for words in (("compare", "--as", "json"), ("report",)):
        code, _, err = reported(words[0], str(tmp_path / "sweep"), *words[1:])
        assert code == 0
        assert err.startswith(f"left out: {table}: is not what the run wrote (SHA256SUMS)")
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize("status", ["comp1ete", "", "\x00\x00"])
def test_a_status_that_says_nothing_spares_no_file_its_check(reported: Reported, folder: Path, status: str) -> None:
    (folder / "STATUS").write_text(status, encoding="utf-8")
    assert reported("compare", str(folder))[0] == 0
    table = folder / "windows.parquet"
    flip(table, 8 * (table.stat().st_size // 2))
    code, _, err = reported("compare", str(folder))
    assert code == 2
    assert "windows.parquet: is not what the run wrote" in err


def test_what_cannot_be_read_is_bad_input_and_what_cannot_be_written_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, allowed = tmp_path / "closed", os.access
    closed.mkdir()
    (closed / "file").write_text("", encoding="utf-8")
    # The superuser may read anything.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed / "file" and allowed(path, mode))
    for path, code in ((closed / "file", BAD_INPUT), (closed / "new", ENVIRONMENT), (closed, ENVIRONMENT)):
        assert known_failure(PermissionError(13, "Permission denied", str(path))) == (
            code,
            f"{path}: {'cannot be read: ' if code == BAD_INPUT else ''}Permission denied",
        )
    below = closed / "file" / "below"
    assert (known_failure(PermissionError(13, "Permission denied", str(below))) or (0,))[0] == BAD_INPUT
