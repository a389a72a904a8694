"""Fixtures of the system tests: a stage to play scenarios on, and the command line."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
import yaml
from stage import Play, Run, Told, play_file, scene

import run_sim


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Return a function that plays a scenario into a folder of its own."""
    numbers = count()

    def play_it(name: str | dict[str, object], *overrides: str, eager: bool = False) -> Run:
        folder = tmp_path_factory.mktemp("play") / f"run-{next(numbers)}"
        file = scene(name) if isinstance(name, str) else folder.parent / "scenario.yaml"
        if not isinstance(name, str):
            file.write_text(yaml.safe_dump(name), encoding="utf-8")
        return play_file(file, folder, overrides, eager=eager)

    return play_it


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Return a function that runs the command line in an empty folder and returns (exit code, out, err)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_sim.main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run
