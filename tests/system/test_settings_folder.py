"""A home that cannot be written costs no line: matplotlib is given a folder for as long as the command lasts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim.commands.settings_folder import usable_settings_folder

NAME = "MPLCONFIGDIR"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (NAME, "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def given() -> str | None:
    """Return the folder that is named while a command lasts; it is gone afterwards."""
    before = os.environ.get(NAME)
    with usable_settings_folder():
        inside = os.environ.get(NAME)
        assert inside is None or inside == before or Path(inside).is_dir()
    assert os.environ.get(NAME) == before
    if inside != before:
        assert not Path(inside or "").exists()
        return inside
    return None


def test_a_home_that_can_be_written_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert given() is None
    monkeypatch.setenv(NAME, str(home / "new" / "deep"))
    assert given() is None
    assert not (home / "new").exists()


@pytest.mark.parametrize("name", ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", NAME])
@pytest.mark.parametrize("place", ["file", "file/below", "closed", "closed/below"])
def test_another_folder_is_lent_where_it_cannot(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, place: str
) -> None:
    (home / "file").write_text("", encoding="utf-8")
    (home / "closed").mkdir(mode=0o500)
    allowed = os.access
    # The superuser may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: "closed" not in str(path) and allowed(path, mode))
    monkeypatch.setenv(name, str(home / place))
    assert given()


def test_a_home_that_nobody_knows_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    assert given()


def test_without_any_folder_commands_go_on(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv(NAME, str(home / "file"))
    (home / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr("tempfile.mkdtemp", lambda *_, **__: (_ for _ in ()).throw(FileNotFoundError(2, "none")))
    assert given() is None
