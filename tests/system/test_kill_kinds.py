"""SIGKILL of every kind of command, in every phase: what goes on ends with the digest of what was not disturbed.

A round of each kind in every suite; ``slow`` are a hundred: runs while they prepare, write checkpoints and tables,
sweeps, sweeps whose points run side by side, forks, and runs on Ray whose workers or drivers are killed.
"""

from __future__ import annotations

import random
import shutil
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path

import pytest
from killing import (
    GRID,
    Asked,
    command_words,
    digests,
    forked,
    go_on,
    hurt,
    killed_after,
    killed_at_write,
    run,
    sweep,
)

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

#: Rounds of the long loop, by kind: a hundred in all.
ROUNDS = {
    "preparing": 12,
    "checkpoints": 16,
    "tables": 16,
    "sweep": 16,
    "fork": 16,
    "jobs": 8,
    "ray worker": 10,
    "ray driver": 6,
}


def asked_for(kind: str, tmp_path: Path) -> Asked:
    """Return what is begun in a kind of rounds; a fork needs a parent, which is played."""
    if kind == "fork":
        run(tmp_path / "parent")
        return Asked(partial(forked, tmp_path / "parent"))
    at_work = "BlockWorker.run_commands"
    on_ray = Asked(run, command_words("run", "--workers", "2"), begun=at_work)
    by_jobs = Asked(sweep, command_words("sweep", "--set", GRID, "--jobs", "2"), begun="spawn_main")
    table = {
        "preparing": Asked(run, touching=("STATUS", "resolved", "manifest", "journal")),
        "checkpoints": Asked(run, touching=("checkpoints",)),
        "tables": Asked(run, touching=("parquet", "summary", "checksums", "manifest")),
        "sweep": Asked(sweep),
        "jobs": replace(by_jobs, victims=("run_sim.py sweep", "spawn_main")),
        "ray worker": replace(on_ray, victims=(at_work,)),
        "ray driver": replace(on_ray, victims=("run_sim.py",)),
    }
    return table[kind]


def loop(kind: str, tmp_path: Path, rounds: int) -> int:
    """Kill what is asked for up to three times a round, go on, and compare digests; return the number of kills."""
    asked, draw, kills = asked_for(kind, tmp_path), random.Random(f"{kind} {rounds}"), 0
    go_on(asked, tmp_path / "whole")
    began = time.monotonic()
    writes = killed_at_write(asked, tmp_path / "again", sys.maxsize) or 0
    wall_s, whole = time.monotonic() - began, digests(tmp_path / "whole")
    assert whole == digests(tmp_path / "again")
    for number in range(rounds):
        folder = tmp_path / f"cut-{number}"
        if asked.victims:
            kills += _one_of_its_processes(asked, folder, wall_s, draw)
        else:
            # The first dies at a write, however fast this machine is.
            at_writes = [bool(asked.touching) or number + turn == 0 for turn in range(3)]
            kills += sum(takewhile(bool, (_killed(asked, folder, writes, wall_s, draw, at) for at in at_writes)))
        go_on(asked, folder)
        assert digests(folder) == whole, f"{kind}, round {number}"
        shutil.rmtree(folder)
    return kills


def _killed(asked: Asked, folder: Path, writes: int, wall_s: float, draw: random.Random, at_write: bool) -> bool:
    if at_write:
        return killed_at_write(asked, folder, draw.randint(1, writes)) is None
    return killed_after(asked, folder, draw.uniform(0.0, wall_s))


def _one_of_its_processes(asked: Asked, folder: Path, wall_s: float, draw: random.Random) -> int:
    ended = hurt(asked, folder, draw.uniform(0.0, wall_s), draw)
    assert "Traceback" not in ended.err, ended.err
    assert ended.code in (0, 3, 4, 128 + signal.SIGKILL, -signal.SIGKILL), ended
    return int(ended.found)


@pytest.mark.parametrize("kind", ["preparing", "checkpoints", "tables", "sweep", "fork"])
def test_a_round_of_each_kind_ends_with_one_digest(kind: str, tmp_path: Path) -> None:
    assert loop(kind, tmp_path, 1) > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.ray) if kind.startswith("ray") else kind for kind in ROUNDS]
)
def test_a_hundred_rounds_end_with_one_digest(kind: str, tmp_path: Path) -> None:
    kills = loop(kind, tmp_path, ROUNDS[kind])
    print(f"{kind}: {ROUNDS[kind]} rounds, {kills} kills, equal digests")
    assert kills > 0
