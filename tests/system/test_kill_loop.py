"""SIGKILL at random moments, again and again: every run that goes on ends with the digest of an undisturbed one."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from run_commands import Run, scenario_of

from sim.run import exchange_rows
from sim.run.resume import resume_run
from sim.run.run_folder import FolderError, RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load


@dataclass(frozen=True)
class World:
    """What is played, and by which engine."""

    scenario: str
    changes: tuple[str, ...]
    engine: str


SAMPLES = World(
    "gaussians",
    (
        "duration=4 min",
        "fleet.0.devices=300",
        "method={adapter: {kind: cloud_ft, steps: 2, window: 4}, trigger: {kind: periodic, every: 30 s}}",
        "task.data.history=300",
        "task.pretrain.epochs=1",
        "execution.checkpoint=1 us",
    ),
    "simpy",
)
#: Thousands of exchanges, which leave the engine in many groups of rows.
MESSAGES = World("timing", ("duration=20 min", "fleet.0.devices=2000"), "compiled")


def play(world: World, folder: Path) -> None:
    """Begin the run, or go on with it, as a user would who finds the folder."""
    how = RunOptions(quiet=True, engine=world.engine)
    try:
        resume_run(folder, how, lambda windows, marks: {})
    except FolderError:
        scenario = load(scenario_of(world.scenario), world.changes)
        run_scenario(scenario, RunFolder.open(folder), how, lambda windows, marks: {})


def killed_after(world: World, folder: Path, wall_s: float) -> bool:
    """Play in a process of its own and kill it after ``wall_s``; return whether it was still running."""
    process = multiprocessing.get_context("fork").Process(target=play, args=(world, folder))
    process.start()
    process.join(wall_s)
    alive = process.is_alive()
    if alive:
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    return alive


def kill_loop(world: World, tmp_path: Path, rounds: int) -> int:
    """Return how many kills there were in all."""
    play(world, tmp_path / "whole")
    # The second time nothing is trained or compiled any more: as long as this, a run can be killed in.
    began = time.monotonic()
    play(world, tmp_path / "again")
    wall_s, whole, draw, kills = time.monotonic() - began, Run(tmp_path / "whole").digest, random.Random(rounds), 0
    for number in range(rounds):
        folder = tmp_path / f"cut-{number}"
        for _ in range(3):
            if not killed_after(world, folder, draw.uniform(0.0, wall_s)):
                break
            kills += 1
        play(world, folder)
        assert Run(folder).digest == whole, f"round {number}"
        shutil.rmtree(folder)
    return kills


@pytest.fixture(params=[SAMPLES, MESSAGES], ids=["samples", "messages"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    """What is killed; rows leave in small groups, so that kills fall between them."""
    monkeypatch.setattr(exchange_rows, "CHUNK", 500)
    return cast("World", request.param)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_three_rounds_end_with_one_digest(world: World, tmp_path: Path) -> None:
    assert kill_loop(world, tmp_path, 3) > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_fifty_rounds_end_with_one_digest(world: World, tmp_path: Path) -> None:
    assert kill_loop(world, tmp_path, 50) > 25
