"""Fixtures of the system tests: a stage to play scenarios on, and the command line."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import yaml
from ray_runs import PROCESSORS, SHARED
from run_commands import HERE, Reported, Run, RunScenario, play_file, scenario_of

import run_sim
from tests import blank_figures

#: What the plain suite selects (pyproject.toml).
PLAIN = "not slow"
#: Files that look at pictures, or at every file of a run.
PAINTED = (
    "test_device_timeline.py",
    "test_exactness.py",
    "test_light_commands.py",
    "test_quickstart_claims.py",
    "test_run_folder_safety.py",
    "test_study.py",
    "test_understood.py",
)


@pytest.fixture(scope="session", autouse=True)
def _handle_ctrl_c() -> None:
    """Let children hear Ctrl-C even where the tests themselves run in the background, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _pictures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave figures blank where tests look at none, in the plain suite; `-m "slow or not slow"` paints them all."""
    plain = request.config.getoption("markexpr") == PLAIN
    with pytest.MonkeyPatch.context() as patch:
        if plain and request.path.name not in PAINTED:
            blank_figures.leave_blank(patch)
            patch.setenv(blank_figures.VARIABLE, "1")
        yield


@pytest.fixture(scope="session")
def ray_session() -> Iterator[None]:
    """Start Ray once for all files that share it; pools use it and leave it running."""
    from agents.pools.ray import close_session, open_session

    # Workers look for code of the user's own where Ray was started.
    with contextlib.chdir(HERE):
        open_session(PROCESSORS, SHARED)
    yield
    close_session()


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> RunScenario:
    """Return a function that plays a scenario into a folder of its own."""
    numbers = count()

    def run_it(name: str | dict[str, object], *overrides: str, eager: bool = False, engine: str = "auto") -> Run:
        folder = tmp_path_factory.mktemp("play") / f"run-{next(numbers)}"
        file = scenario_of(name) if isinstance(name, str) else folder.parent / "scenario.yaml"
        if not isinstance(name, str):
            file.write_text(yaml.safe_dump(name), encoding="utf-8")
        return play_file(file, folder, overrides, eager=eager, engine=engine)

    return run_it


@pytest.fixture
def reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reported:
    """Return a function that runs the command line in an empty folder and returns (exit code, out, err)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_sim.main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run
