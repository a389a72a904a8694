"""``execution.device``: what a scenario may ask for, and what is said where it is not to be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_commands import RunScenario, cli, scenario_of

from sim.run.fork import prepare_fork
from sim.run.forking.changes import ForkError
from sim.run.resume import run_or_resume
from sim.run.run_folder import FolderError
from sim.run.run_scenario import RunOptions
from sim.scenario import load

#: No machine has as many GPUs.
ABSENT = ["--set", "execution.device=cuda:99"]
LINE = "execution.device: cuda:99 was asked for, but this machine's torch sees "


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:3"])
def test_a_scenario_that_asks_for_a_device_is_valid_wherever_it_is_read(tmp_path: Path, device: str) -> None:
    ended = cli("validate", scenario_of("digits"), "--set", f"execution.device={device}", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cuda:1000", "0"])
def test_other_devices_are_refused(tmp_path: Path, device: str) -> None:
    ended = cli("validate", scenario_of("digits"), "--set", f"execution.device={device}", cwd=tmp_path)
    assert ended.returncode == 2
    assert "is no device to compute on; write cpu, cuda, or cuda:N" in ended.stderr


@pytest.mark.parametrize("command", ["run", "sweep"])
@pytest.mark.parametrize("workers", [[], ["--workers", "2"], ["--set", "execution={backend: ray, cloud: actor}"]])
def test_an_absent_gpu_is_told_before_anything_is_written(tmp_path: Path, command: str, workers: list[str]) -> None:
    ended = cli(command, scenario_of("digits"), *workers, *ABSENT, "--out", "run", "--quiet", cwd=tmp_path)
    assert ended.returncode == 3
    assert ended.stderr.startswith(LINE)
    assert len(ended.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_run_without_a_data_plane_needs_no_gpu(tmp_path: Path) -> None:
    ended = cli("run", scenario_of("timing"), *ABSENT, "--out", "run", "--quiet", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["device"] is None


def test_the_manifest_names_the_device(play: RunScenario) -> None:
    reported = json.loads(
        (play("digits", "method.adapter=static").folder / "manifest.json").read_text(encoding="utf-8")
    )
    assert reported["device"] == "cpu"


def test_a_fork_cannot_go_to_another_device(play: RunScenario) -> None:
    run = play("digits", "method.adapter=static")
    with pytest.raises(ForkError, match=r"execution.device: cannot change in the middle of a run"):
        prepare_fork(run.folder, 10.0, ["execution.device=cuda"], allow_plugins=False)


def test_a_sweep_that_now_asks_for_a_gpu_keeps_no_point_of_a_processor(play: RunScenario) -> None:
    run = play("digits", "method.adapter=static")
    again, elsewhere = (
        load(scenario_of("digits"), ["method.adapter=static", f"execution.device={device}"])
        for device in ("cpu", "cuda")
    )
    how = RunOptions(quiet=True)
    assert run_or_resume(again, run.folder, how, lambda windows, marks: {})["digest"] == run.digest
    with pytest.raises(FolderError, match="was played on cpu, which the sweep no longer asks for"):
        run_or_resume(elsewhere, run.folder, how, lambda windows, marks: {})


def test_the_doctor_says_what_torch_sees(tmp_path: Path) -> None:
    found = cli("doctor", cwd=tmp_path).stdout
    assert "torch sees " in found
    assert ("--   torch sees no GPU" in found) == ("torch sees no GPU" in found)
