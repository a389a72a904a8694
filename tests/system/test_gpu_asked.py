"""``execution.device``: what a scenario may ask for, and what is said where it is not to be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stage import Play, Told, scene

from sim.fork import prepare_fork
from sim.forking.changes import ForkError
from sim.playing import HowToPlay
from sim.resume import play_or_resume
from sim.run_folder import FolderError
from sim.scenario import load

#: No machine has as many GPUs.
ABSENT = ["--set", "execution.device=cuda:99"]
LINE = "execution.device: cuda:99 was asked for, but this machine's torch sees "


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:3"])
def test_a_scenario_that_asks_for_a_device_is_valid_wherever_it_is_read(told: Told, device: str) -> None:
    code, _, err = told("validate", str(scene("digits")), "--set", f"execution.device={device}")
    assert code == 0, err


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cuda:1000", "0"])
def test_other_devices_are_refused(told: Told, device: str) -> None:
    code, _, err = told("validate", str(scene("digits")), "--set", f"execution.device={device}")
    assert code == 2
    assert "is no device to compute on; write cpu, cuda, or cuda:N" in err


@pytest.mark.parametrize("command", ["run", "sweep"])
@pytest.mark.parametrize("workers", [[], ["--workers", "2"], ["--set", "execution={backend: ray, cloud: actor}"]])
def test_an_absent_gpu_is_told_before_anything_is_written(
    told: Told, tmp_path: Path, command: str, workers: list[str]
) -> None:
    code, _, err = told(command, str(scene("digits")), *workers, *ABSENT, "--out", "run", "--quiet")
    assert code == 3
    assert err.startswith(LINE)
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_run_without_a_data_plane_needs_no_gpu(told: Told, tmp_path: Path) -> None:
    code, _, err = told("run", str(scene("timing")), *ABSENT, "--out", "run", "--quiet")
    assert code == 0, err
    assert json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["device"] is None


def test_the_manifest_names_the_device(play: Play) -> None:
    manifest = play("digits", "method.adapter=static").folder / "manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["device"] == "cpu"


def test_a_fork_cannot_go_to_another_device(play: Play) -> None:
    run = play("digits", "method.adapter=static")
    with pytest.raises(ForkError, match=r"execution.device: cannot change in the middle of a run"):
        prepare_fork(run.folder, 10.0, ["execution.device=cuda"], allow_plugins=False)


def test_a_sweep_that_now_asks_for_a_gpu_keeps_no_point_of_a_processor(play: Play) -> None:
    run = play("digits", "method.adapter=static")
    again, elsewhere = (
        load(scene("digits"), ["method.adapter=static", f"execution.device={device}"]) for device in ("cpu", "cuda")
    )
    how = HowToPlay(quiet=True)
    assert play_or_resume(again, run.folder, how, lambda windows, marks: {})["digest"] == run.digest
    with pytest.raises(FolderError, match="was played on cpu, which the sweep no longer asks for"):
        play_or_resume(elsewhere, run.folder, how, lambda windows, marks: {})


def test_the_doctor_says_what_torch_sees(told: Told) -> None:
    assert "torch sees " in told("doctor")[1]
