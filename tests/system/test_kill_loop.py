"""SIGKILL at random moments, again and again: every run that goes on ends with the digest of an undisturbed one."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from run_commands import Run, scenario_of

from sim.run.resume import resume_run
from sim.run.run_folder import FolderError, RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

WORLD = [
    "duration=4 min",
    "fleet.0.devices=300",
    "method={adapter: {kind: cloud_ft, steps: 2, window: 4}, trigger: {kind: periodic, every: 30 s}}",
    "task.data.history=300",
    "task.pretrain.epochs=1",
    "execution.checkpoint=1 us",
]
HOW = RunOptions(quiet=True)


def play(folder: Path) -> None:
    """Begin the run, or go on with it, as a user would who finds the folder."""
    try:
        resume_run(folder, HOW, lambda windows, marks: {})
    except FolderError:
        scenario = load(scenario_of("gaussians"), WORLD)
        run_scenario(scenario, RunFolder.open(folder), HOW, lambda windows, marks: {})


def killed_after(folder: Path, wall_s: float) -> bool:
    """Play in a process of its own and kill it after ``wall_s``; return whether it was still running."""
    process = multiprocessing.get_context("fork").Process(target=play, args=(folder,))
    process.start()
    process.join(wall_s)
    alive = process.is_alive()
    if alive:
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    return alive


def kill_loop(tmp_path: Path, rounds: int) -> int:
    """Return how many kills there were in all."""
    began = time.monotonic()
    play(tmp_path / "whole")
    wall_s, whole, draw, kills = time.monotonic() - began, Run(tmp_path / "whole").digest, random.Random(rounds), 0
    for number in range(rounds):
        folder = tmp_path / f"cut-{number}"
        for _ in range(3):
            if not killed_after(folder, draw.uniform(0.0, wall_s)):
                break
            kills += 1
        play(folder)
        assert Run(folder).digest == whole, f"round {number}"
        shutil.rmtree(folder)
    return kills


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_three_rounds_end_with_one_digest(tmp_path: Path) -> None:
    assert kill_loop(tmp_path, 3) > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_hundred_rounds_end_with_one_digest(tmp_path: Path) -> None:
    assert kill_loop(tmp_path, 100) > 50
