"""Commands that are killed with SIGKILL, at a write of some file, at any time, or in one of their processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray_runs import command_line, descendants
from run_commands import command, scenario_of

from sim.run.fork import fork, prepare_fork
from sim.run.resume import resume_run
from sim.run.run_folder import FolderError, RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.run.sweep import resume_sweep, run_sweep
from sim.scenario import load

FILE, HOW = scenario_of("gaussians"), RunOptions(quiet=True)
#: A small world, played in a second or two, that writes checkpoints most of the time.
SETS = (
    "duration=50 s",
    "fleet.0.devices=300",
    "task.data.history=300",
    "task.pretrain.epochs=1",
    "execution.checkpoint=1 us",
    "method={adapter: {kind: cloud_ft, steps: 2, window: 4}, trigger: {kind: periodic, every: 10 s}}",
)
GRID = "sweep={grid: {links.lte.up: [8 kbit/s, 80 kbit/s]}, seeds: 2}"
#: How long a command that was hurt may take to end by itself [s].
PATIENCE_S = 200.0


@dataclass(frozen=True)
class Asked:
    """What somebody begins in a folder, and what of it is killed.

    Attributes:
        begin: plays it into a folder, in this process.
        words: of the command that does so, but for the folder.
        victims: what stands in the command lines of processes that are killed; none: a child of this process that
            plays it is killed.
        begun: what stands in the command line of a process without which nothing has begun.
        touching: parts of the names of files at whose writes it is killed; none: at any time.
    """

    begin: Callable[[Path], object]
    words: tuple[str, ...] = ()
    victims: tuple[str, ...] = ()
    begun: str = ""
    touching: tuple[str, ...] = ()


def digests(folder: Path) -> list[str]:
    """Return the digest of a run, or of all points of a sweep."""
    files = [folder / "summary.json"] if (folder / "resolved.yaml").is_file() else sorted(folder.glob("*/summary.json"))
    return [str(json.loads(file.read_text(encoding="utf-8"))["digest"]) for file in files]


def go_on(asked: Asked, folder: Path) -> None:
    """Do what a user does who finds the folder: resume what is in it, or begin where nothing began."""
    resume = resume_sweep if (folder / "sweep.json").is_file() else resume_run
    try:
        resume(folder, HOW, _no_recovery)
    except FolderError:
        asked.begin(folder)


def killed_at_write(asked: Asked, folder: Path, number: int) -> int | None:
    """Begin, or go on, in a child that dies at its ``number``-th write; return how many there were if it did not."""
    ours, its = multiprocessing.Pipe(duplex=False)

    def play() -> None:
        writes = _Writes(folder, asked.touching, number)
        sys.addaudithook(writes)
        go_on(asked, folder)
        its.send(writes.seen)

    return ours.recv() if _child_ended(play) else None


def killed_after(asked: Asked, folder: Path, wall_s: float) -> bool:
    """Begin, or go on, in a child that is killed after ``wall_s``; return whether it was still running."""
    return not _child_ended(lambda: go_on(asked, folder), wall_s)


def _child_ended(play: Callable[[], None], wall_s: float | None = None) -> bool:
    process = multiprocessing.get_context("fork").Process(target=play)
    process.start()
    process.join(wall_s)
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0


class _Writes:
    """Counts what opens a file for writing, or gives it its name, and ends the process at one of these."""

    def __init__(self, folder: Path, touching: Sequence[str], deadly: int) -> None:
        self.folder, self.touching, self.deadly, self.seen = str(folder), touching, deadly, 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an event of :func:`sys.addaudithook`."""
        if not self._writes(event, arguments):
            return
        self.seen += 1
        if self.seen == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def _writes(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "os.rename":
            path = str(arguments[1])
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            path = str(arguments[0])
        else:
            return False
        inside = path.startswith(self.folder)
        return inside and (not self.touching or any(part in path for part in self.touching))


@dataclass(frozen=True)
class Hurt:
    """How a command ended of which a process was killed."""

    code: int
    err: str
    found: bool


def hurt(asked: Asked, folder: Path, wall_s: float, draw: random.Random) -> Hurt:
    """Begin in processes of their own, and kill a victim ``wall_s`` after something has begun."""
    words = [*asked.words, "--out", str(folder)]
    with subprocess.Popen(
        command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            found = _killed_one(process, asked, wall_s, draw)
            _, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    return Hurt(process.returncode, err, found)


def _killed_one(process: subprocess.Popen[str], asked: Asked, wall_s: float, draw: random.Random) -> bool:
    """Return whether there was a victim."""
    while process.poll() is None and not _family(process.pid, asked.begun):
        time.sleep(0.02)
    give_up_s = time.monotonic() + wall_s
    while process.poll() is None and time.monotonic() < give_up_s:
        time.sleep(0.01)
    victims = _family(process.pid, draw.choice(asked.victims))
    if process.poll() is not None or not victims:
        return False
    os.kill(draw.choice(victims), signal.SIGKILL)
    return True


def _family(pid: int, words: str) -> list[int]:
    return sorted(one for one in descendants(pid) | {pid} if words in command_line(one))


def run(folder: Path) -> object:
    """Play the small world."""
    return run_scenario(load(FILE, SETS), RunFolder.open(folder), HOW, _no_recovery)


def sweep(folder: Path) -> object:
    """Play four points of it, one after another."""
    return run_sweep(FILE, [*SETS, GRID], None, RunFolder.open(folder), HOW, _no_recovery, 1)


def forked(parent: Path, folder: Path) -> object:
    """Play another second half of a run."""
    scenario, saved_run = prepare_fork(parent, 30.0, ["links.lte.up=100 kbit/s"], allow_plugins=False)
    return fork(scenario, saved_run, RunFolder.open(folder), HOW, _no_recovery)


def _no_recovery(windows: Mapping[str, Any], marks: list[dict[str, Any]]) -> dict[str, Any]:
    return {}


def command_words(name: str, *more: str) -> tuple[str, ...]:
    """Return the words of a command that plays the small world."""
    return (name, str(FILE), *(word for one in SETS for word in ("--set", one)), *more, "--quiet")
