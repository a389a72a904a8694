"""Law 1 on Ray: workers, their number and their deaths change nothing. One Ray session for all tests here."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import pytest
from stage import HERE, command, scene

from agents.contract import WorkersLostError
from sim.assembly import assemble
from sim.playing import HowToPlay, play
from sim.run_folder import RunFolder
from sim.scenario import load
from sim.simulation import Tick

pytestmark = pytest.mark.ray

#: Three blocks in two cohorts, and so little to do that a run is over in seconds.
FLEET = (
    "fleet=["
    "{cohort: phones, devices: 300, samples: {every: 1 s}, labels: {share: 80 %, after: 2 s}, link: lte},"
    "{cohort: watches, devices: 200, samples: {every: 2 s}, link: lte,"
    "availability: {on: 20 s, off: 5 s}, offline: {samples: stop}}]"
)
QUICK = [FLEET, "method.trigger.every=10 s", "links.lte.up=50 kbit/s", "links.lte.down=50 kbit/s"]
#: A task without images, for what does not depend on them.
DRAWN = ["task.data={kind: gaussians, history: 500}", "task.model=logistic", "drift=[]"]
WORKERS = 3


@pytest.fixture(scope="module", autouse=True)
def ray_session() -> Iterator[None]:
    """Start Ray once; pools of the tests use it and leave it running."""
    from agents.pools.ray import open_session, ray

    assert open_session(WORKERS)
    yield
    ray.shutdown()


@dataclass(frozen=True)
class Told:
    """What a data plane told: all tallies and totals."""

    tallies: np.ndarray
    totals: np.ndarray

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Told)
        return np.array_equal(self.tallies, other.tallies) and np.array_equal(self.totals, other.totals)


def told(workers: int, *overrides: str, on_tick: Callable[[int, Any], None] = lambda number, crew: None) -> Told:
    """Play without a folder; ``on_tick`` is told the number of each tick and the crew of the workers."""
    live = assemble(load(HERE / "digits.yaml", [*QUICK, *overrides]), workers=workers)
    plane: Any = live.simulation.plane
    tallies = []

    def note(tick: Tick) -> None:
        assert tick.tallies is not None
        tallies.append(tick.tallies.cohorts)
        on_tick(tick.number, getattr(plane._pool, "_crew", None))

    live.simulation.on_tick = note
    try:
        live.simulation.run()
        return Told(np.stack(tallies), plane.totals().counts)
    finally:
        plane.close()


def digest(folder: Path, workers: int, *overrides: str, eager: bool = False) -> str:
    """Play into a folder; return the digest."""
    scenario = load(HERE / "digits.yaml", [*QUICK, *overrides])
    how = HowToPlay(eager=eager, quiet=True, workers=workers)
    return str(play(scenario, RunFolder.open(folder), how, lambda windows, marks: {}).summary["digest"])


def test_one_digest_with_any_number_of_workers(tmp_path: Path) -> None:
    digests = {workers: digest(tmp_path / str(workers), workers) for workers in (0, 1, 2, WORKERS)}
    assert len(set(digests.values())) == 1, digests


def test_one_digest_eager_on_workers_and_lazy_in_process(tmp_path: Path) -> None:
    short = ["duration=20 s", "drift=[]", "method.adapter={kind: persona, steps: 5}"]
    watching = "method.trigger={kind: every_samples, n: 8}"
    lazy = digest(tmp_path / "lazy", 0, *short, watching)
    assert digest(tmp_path / "eager", 2, *short, watching, eager=True) == lazy


def test_one_digest_where_every_sample_is_drawn_anew(tmp_path: Path) -> None:
    assert digest(tmp_path / "ray", 2, *DRAWN) == digest(tmp_path / "inline", 0, *DRAWN)


def test_a_worker_that_is_killed_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first death comes before the first checkpoint, the second one after it.
    monkeypatch.setattr("agents.pools.ray.CHECKPOINT_EVERY", 3)
    expected = told(0)
    chance = random.Random()
    killers = []

    def kill(number: int, crew: Any) -> None:
        if number in (2, 5):
            # In the middle of whatever the worker does by then.
            killers.append(Timer(chance.uniform(0.0, 0.05), os.kill, [chance.choice(crew.pids()), signal.SIGKILL]))
            killers[-1].start()
        elif number == 8:
            assert crew.restarts == 2

    assert told(2, on_tick=kill) == expected
    for killer in killers:
        killer.join()


def test_workers_that_keep_dying_end_the_run() -> None:
    with pytest.raises(WorkersLostError, match="3 others before it"):
        told(1, *DRAWN, on_tick=lambda number, crew: os.kill(crew.pids()[0], signal.SIGKILL))


def test_what_a_worker_cannot_do_is_raised_as_it_is() -> None:
    from agents.pools.ray import RayCrew
    from agents.pools.worker import Step

    def ask(number: int, crew: RayCrew) -> None:
        crew.play({0: [Step("close", ("soon",))]})

    with pytest.raises(TypeError, match="signature matching"):
        told(1, *DRAWN, on_tick=ask)


def test_ctrl_c_ends_workers_and_ray_with_the_run(tmp_path: Path) -> None:
    asked = ["--set", "duration=300 d", "--set", "drift=[]", "--workers", "2", "--quiet", "--out", tmp_path / "run"]
    with subprocess.Popen(command("run", scene("digits"), *asked), stderr=subprocess.PIPE, text=True) as process:
        try:
            family = wait_for_workers(process)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, err.strip()) == (130, f"interrupted; resume with: python run_sim.py resume {tmp_path / 'run'}")
    assert (tmp_path / "run" / "STATUS").read_text(encoding="utf-8").strip() == "partial"
    give_up_s = time.monotonic() + 20.0
    while (left := [pid for pid in family if alive(pid)]) and time.monotonic() < give_up_s:
        time.sleep(0.1)
    assert not left


def wait_for_workers(process: subprocess.Popen[str]) -> set[int]:
    """Wait until some worker judges; return every process below ``process``."""
    for _ in range(900):
        family = descendants(process.pid)
        if any(b"BlockWorker.play" in command_line(pid) for pid in family):
            return family
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("no worker ever started")


def descendants(pid: int) -> set[int]:
    """Return the processes below one."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = {int(child) for task in tasks for child in (task / "children").read_text().split()}
    except OSError:
        return set()
    return children.union(*map(descendants, children))


def command_line(pid: int) -> bytes:
    """Return the command line of a process; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def alive(pid: int) -> bool:
    """Say whether a process still runs; one that only waits to be buried has no command line."""
    return bool(command_line(pid))
