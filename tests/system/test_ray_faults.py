"""What breaks under a run on Ray ends it soon, with a clear line and the right exit code, and leaves no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ray_runs import command_line, descendants
from run_commands import ROOT, cli_process, command, scenario_of

pytestmark = pytest.mark.ray

#: A task without images: nothing is trained for long before workers are started.
DRAWN = ["--set", "task.data={kind: gaussians, history: 500}", "--set", "task.model=logistic", "--set", "drift=[]"]
#: Longer than any test is patient.
SLOW = ["--set", "duration=100 d", "--set", "method.trigger.every=60 s"]
LONG = [*DRAWN, *SLOW, "--set", "fleet.0.devices=600", "--workers", "2", "--quiet"]
#: How long a broken run may take to end, and its processes to follow [s].
SOON_S = 100.0


@dataclass
class Running:
    """A run on two workers that judge by now, and all its processes."""

    process: subprocess.Popen[str]
    folder: Path
    family: set[int]

    def of(self, words: str) -> list[int]:
        """Return its processes with these words in their command lines, the oldest first."""
        return sorted(pid for pid in self.family if words in command_line(pid))

    def end(self) -> str:
        """Wait for the end, and that nothing is left; return what was told on stderr."""
        _, err = self.process.communicate(timeout=SOON_S)
        give_up_s = time.monotonic() + SOON_S
        while (left := [pid for pid in self.family if command_line(pid)]) and time.monotonic() < give_up_s:
            time.sleep(0.1)
        assert not [command_line(pid) for pid in left]
        assert "Traceback" not in err
        return err.strip()

    @property
    def status(self) -> str:
        """What its folder says of it."""
        return (self.folder / "STATUS").read_text(encoding="utf-8").strip()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Start a run that would take very long, and hand it over once its workers are at it."""
    folder = tmp_path / "run"
    arguments = command("run", scenario_of("digits"), *LONG, "--out", folder)
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process, folder, family_at_work(process))
        finally:
            process.terminate()


def family_at_work(process: subprocess.Popen[str]) -> set[int]:
    """Wait until some worker judges; return every process below ``process``."""
    for _ in range(1200):
        family = descendants(process.pid)
        if any("BlockWorker.run_commands" in command_line(pid) for pid in family):
            return family
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("no worker ever started")


@pytest.mark.parametrize("part", ["raylet", pytest.param("gcs_server", marks=pytest.mark.slow)])
def test_ray_that_breaks_down_ends_the_run_with_3(running: Running, part: str) -> None:
    os.kill(running.of(f"/{part} ")[0], signal.SIGKILL)
    err = running.end()
    assert running.process.returncode == 3
    last = err.splitlines()[-1]
    assert last.startswith("Ray broke down")
    assert f"resume with: python run_sim.py resume {running.folder}" in last
    assert running.status == "partial"


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_who_asks_a_run_to_stop_gets_130(running: Running, number: signal.Signals) -> None:
    running.process.send_signal(number)
    err = running.end()
    assert running.process.returncode == 130
    assert err.splitlines()[-1].startswith("interrupted; resume with:")
    assert running.status == "partial"


def test_a_driver_that_is_killed_leaves_nothing_behind(running: Running) -> None:
    os.kill(running.of("run_sim.py")[0], signal.SIGKILL)
    err = running.end()
    assert running.process.returncode == 128 + signal.SIGKILL
    assert err.splitlines()[-1].startswith("killed by SIGKILL")
    assert running.status == "partial"


def test_a_guard_that_is_killed_takes_all_with_it(running: Running) -> None:
    running.process.kill()
    running.end()
    assert running.process.returncode == -signal.SIGKILL
    assert running.status == "partial"


@pytest.mark.slow
def test_workers_that_keep_dying_end_the_run_with_4(running: Running) -> None:
    give_up_s = time.monotonic() + SOON_S
    while running.process.poll() is None and time.monotonic() < give_up_s:
        for pid in descendants(running.process.pid):
            if "BlockWorker.run_commands" in command_line(pid):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    err = running.end()
    assert running.process.returncode == 4
    assert "3 others before it" in err.splitlines()[-1]
    assert "resume with:" in err.splitlines()[-1]
    assert running.status == "partial"


ABSENT = {
    "auto": "no Ray cluster was started on this machine",
    "127.0.0.1:1": "Connection refused",
    "no-such-host.invalid:6379": "no Ray cluster can be used at 'no-such-host.invalid:6379'",
}


@pytest.mark.parametrize(
    "address", ["auto", "127.0.0.1:1", pytest.param("no-such-host.invalid:6379", marks=pytest.mark.slow)]
)
def test_nobody_at_the_address_is_told_at_once(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where no cluster of this machine can be found.
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    asked = [*DRAWN, "--workers", "2", "--ray-address", address, "--out", tmp_path / "run"]
    ended = cli_process("run", scenario_of("digits"), *asked, cwd=tmp_path)
    assert ended.returncode == 3
    assert ABSENT[address] in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_store_too_small_for_the_run_costs_time_and_nothing_else(tmp_path: Path) -> None:
    fleet = ["--set", "fleet.0.devices=2000", "--set", "duration=20 s", "--set", "drift=[]"]
    fleet += ["--set", "method.adapter.window=64"]
    small = ["--workers", "2", "--set", "execution.object_store=80 MB"]
    digests = []
    for name, how in (("inline", ["--workers", "0"]), ("small", small)):
        ended = cli_process(
            "run", scenario_of("digits"), *fleet, *how, "--quiet", "--out", tmp_path / name, cwd=tmp_path
        )
        assert ended.returncode == 0, ended.stderr
        digests.append((tmp_path / name / "summary.json").read_text().split('"digest": ')[1].split(",")[0])
    assert digests[0] == digests[1]


OVERFLOW = """
from agents.contract import BackendError, RaySpec
from agents.pools.ray import close_session, open_session
import numpy as np, ray
from agents.pools.ray.faults import explained
from agents.pools.ray.waiting import wait

session = open_session(1.0, RaySpec(store_bytes=80_000_000))
try:
    with explained("too much"):
        held = [ray.put(np.zeros(3_000_000)) for _ in range(10)]
except BackendError as error:
    print(error)
held = []
try:
    wait(ray.remote(lambda: np.zeros(20_000_000)).remote(), 60.0, session)
except BackendError as error:
    print(error)
close_session()
"""


@pytest.mark.slow
def test_a_full_disk_below_a_full_store_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ray takes the disk for full at this share of it: what does not fit into the store has nowhere to go.
    monkeypatch.setenv("RAY_local_fs_capacity_threshold", "0.0001")
    asked = [sys.executable, "-c", OVERFLOW]
    reported = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=SOON_S).stdout.splitlines()
    assert len(reported) == 2
    assert all("free disk space below Ray's folder or raise execution.object_store" in line for line in reported)
