"""A run that is stopped leaves a folder that can be read and says how far it got."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from run_commands import TABLES, command, play_file, read_table, scenario_of

import run_sim
from sim.exchanges.simulation import Tick
from sim.run.recorder import Recorder
from sim.run.run_folder import FolderError, RunFolder

#: Longer than any test is patient, with a flush of the tables far more often than that.
LONG = ["--set", "duration=300 d", "--set", "tick=10 min", "--set", "fleet.0.devices=200"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start a run that would take very long, and hand it over once it has recorded something."""
    folder = tmp_path / "run"
    arguments = command("run", scenario_of("timing"), "--quiet", "--out", folder, *LONG)
    # A suite under nohup ignores SIGHUP, one in the background of a shell SIGINT; so would what it starts.
    ours = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP, signal.SIGINT)}
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for number, handler in ours.items():
        signal.signal(number, handler)
    with process:
        try:
            wait_for(folder / "run.log", process)
            yield process, folder
        finally:
            process.kill()


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file is there; the process must not end before."""
    for _ in range(3000):
        if path.exists():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError(f"{path.name} never came")


def status(folder: Path) -> str:
    """Return what a run folder says of itself."""
    return (folder / "STATUS").read_text(encoding="utf-8").strip()


def assert_readable(folder: Path) -> None:
    """Check that whatever tables are there are whole, and that no half-written file is among them."""
    tables = [name for name in TABLES if (folder / f"{name}.parquet").exists()]
    assert "windows" in tables
    for name in tables:
        assert len(next(iter(read_table(folder / f"{name}.parquet").values()))) > 0
    assert (folder / "resolved.yaml").exists()


def test_ctrl_c_ends_with_130_and_a_partial_run(running: tuple[subprocess.Popen[str], Path]) -> None:
    process, folder = running
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1].startswith("interrupted")
    assert "Traceback" not in err
    assert status(folder) == "partial"
    assert_readable(folder)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_killed_run_can_still_be_read(running: tuple[subprocess.Popen[str], Path], how: signal.Signals) -> None:
    process, folder = running
    process.send_signal(how)
    process.communicate(timeout=300)
    assert process.returncode != 0
    assert status(folder) in ("running", "partial")
    assert_readable(folder)


def test_a_stopped_run_can_be_replaced_but_only_with_force(running: tuple[subprocess.Popen[str], Path]) -> None:
    process, folder = running
    process.kill()
    process.communicate(timeout=300)
    with pytest.raises(FolderError, match="already holds a run"):
        RunFolder.open(folder)
    RunFolder.open(folder, force=True)
    assert [path.name for path in folder.iterdir()] == ["STATUS"]


def test_ctrl_c_in_native_code_is_an_interruption_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(options: object) -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as pressed:
            # What pydantic makes of it while it writes a scenario down.
            raise ValueError("Error calling function") from pressed

    monkeypatch.setattr("sim.commands.validate.doctor", interrupted)
    assert run_sim.main(["doctor"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_is_swallowed_stops_a_run_at_that_tick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Ending:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    heard, recorded = list[int](), Recorder.on_tick

    def on_tick(recorder: Recorder, tick: Tick) -> None:
        recorded(recorder, tick)
        heard.append(len(heard))
        if len(heard) == 2:
            Ending()

    monkeypatch.setattr(Recorder, "on_tick", on_tick)
    with pytest.raises(KeyboardInterrupt):
        play_file(Path(scenario_of("timing")), tmp_path / "run", ())
    assert heard == [0, 1]
    assert status(tmp_path / "run") == "partial"
