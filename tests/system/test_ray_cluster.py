"""Clusters that somebody else has started: one machine, two, and a job that brings its own code."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from ray_runs import command_line, descendants
from run_commands import ROOT, cli_process, scenario_of

pytestmark = [pytest.mark.ray, pytest.mark.slow]

FLEET = ["--set", "fleet.0.devices=1500", "--set", "duration=30 s"]
START_S = 120.0
TOKEN = "0123456789abcdef" * 4
RAY = [sys.executable, "-m", "ray.scripts.scripts"]
#: Starts a node of a cluster with some arguments, and ends it with the test.
Start = Callable[..., None]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def node(*arguments: str) -> Iterator[None]:
    """Start a node of a cluster; end it, and all its processes, with the block."""
    words = [*RAY, "start", "--block", "--disable-usage-stats", "--object-store-memory=100000000", *arguments]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        family = descendants(process.pid)
        process.terminate()
        try:
            process.wait(timeout=30.0)
        finally:
            process.kill()
            for pid in family:
                if command_line(pid):
                    os.kill(pid, signal.SIGKILL)


def wait_until(ready: Callable[[], bool], what: str) -> None:
    """Wait until something has come."""
    give_up_s = time.monotonic() + START_S
    while not ready():
        assert time.monotonic() < give_up_s, f"{what} never came"
        time.sleep(0.2)


def announced(home: Path) -> bool:
    """Say whether a head has said where it is, which comes after it listens."""
    return (home / "ray" / "ray_current_cluster").is_file()


def listens(port: int) -> bool:
    """Say whether anybody listens on a port of this machine."""
    with socket.socket() as knocking:
        knocking.settimeout(1.0)
        return knocking.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give Ray a folder of its own, with a short name: paths of sockets have few letters."""
    home = Path(tempfile.mkdtemp(prefix="rc", dir="/tmp"))
    monkeypatch.setenv("RAY_TMPDIR", str(home))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # All machines of a cluster share a token.
    (home / "token").write_text(TOKEN, encoding="utf-8")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(home / "token"))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    yield home
    shutil.rmtree(home, ignore_errors=True)


def nodes() -> int:
    """Return how many machines the cluster has, or 0 as long as nobody answers."""
    asked = (
        "from agents.contract import RaySpec; from agents.pools.ray.session import open_session;"
        "print(open_session(1.0, RaySpec(address='auto')).nodes)"
    )
    reported = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, timeout=120)
    return int(reported.stdout.split()[-1]) if reported.returncode == 0 else 0


def digest_in(folder: Path) -> str:
    """Return the digest of a run."""
    return str(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["digest"])


def expected(folder: Path) -> str:
    """Return the digest of the same run in one process."""
    ended = cli_process(
        "run", scenario_of("digits"), *FLEET, "--workers", "0", "--quiet", "--out", folder, cwd=folder.parent
    )
    assert ended.returncode == 0, ended.stderr
    return digest_in(folder)


def test_a_cluster_of_two_machines_gives_the_same_digest(home: Path, tmp_path: Path) -> None:
    port = free_port()
    with node("--head", f"--port={port}", "--num-cpus=2", "--include-dashboard=false"):
        wait_until(lambda: announced(home), "the head")
        with node(f"--address=127.0.0.1:{port}", "--num-cpus=2"):
            wait_until(lambda: nodes() == 2, "the second machine")
            asked = ["--workers", "3", "--ray-address", "auto", "--out", tmp_path / "ray"]
            ended = cli_process("run", scenario_of("digits"), *FLEET, *asked, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "workers are on the Ray cluster at auto" in ended.stderr
    assert digest_in(tmp_path / "ray") == expected(tmp_path / "inline")


def test_a_cluster_that_asks_for_a_token_is_explained(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    with node("--head", f"--port={port}", "--num-cpus=2", "--include-dashboard=false"):
        wait_until(lambda: announced(home), "the head")
        monkeypatch.delenv("RAY_AUTH_MODE")
        asked = ["--workers", "2", "--ray-address", f"127.0.0.1:{port}", "--out", tmp_path / "run"]
        ended = cli_process("run", scenario_of("digits"), *asked, cwd=tmp_path)
    assert ended.returncode == 3
    assert "RAY_AUTH_MODE=token" in ended.stderr.splitlines()[-1]
    assert TOKEN not in ended.stderr


def test_another_version_is_explained(home: Path) -> None:
    port = free_port()
    asked = (
        "import ray; from agents.contract import BackendError, RaySpec;"
        "from agents.pools.ray.session import open_session; ray.__version__ = '9.9.9'\n"
        "try: open_session(1.0, RaySpec(address='auto'))\n"
        "except BackendError as error: print(error)"
    )
    with node("--head", f"--port={port}", "--num-cpus=2", "--include-dashboard=false"):
        wait_until(lambda: announced(home), "the head")
        reported = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "Version mismatch" in reported.stdout, reported.stderr
    assert "install the cluster's versions" in reported.stdout
    assert len(reported.stdout.strip().splitlines()) == 1


def test_a_cluster_without_a_gpu_that_works_is_explained(home: Path, tmp_path: Path) -> None:
    def asked(folder: str) -> str:
        execution = "execution={device: cuda, backend: ray, workers: 1, cloud: actor, address: auto}"
        ended = cli_process("run", scenario_of("digits"), "--set", execution, "--out", tmp_path / folder, cwd=tmp_path)
        assert ended.returncode == 3, ended.stderr
        return ended.stderr.splitlines()[-1]

    port = free_port()
    with node("--head", f"--port={port}", "--num-cpus=2", "--num-gpus=0", "--include-dashboard=false"):
        wait_until(lambda: announced(home), "the head")
        assert "Ray knows of no GPU on the cluster at 'auto'; start a node that has one" in asked("none")
        # A number is taken on trust: the worker itself finds out.
        with node(f"--address=127.0.0.1:{port}", "--num-cpus=2", "--num-gpus=1"):
            wait_until(lambda: nodes() == 2, "the second machine")
            if not torch.cuda.is_available():
                assert "this machine's torch sees no GPU" in asked("promised")


@pytest.mark.skipif(importlib.util.find_spec("aiohttp_cors") is None, reason="jobs need the extra 'cluster'")
def test_a_job_that_brings_the_code_gives_the_same_digest(home: Path, tmp_path: Path) -> None:
    port, dashboard, folder = free_port(), free_port(), tmp_path / "job"
    lit = [f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={free_port()}"]
    with node("--head", f"--port={port}", "--num-cpus=3", *lit):
        wait_until(lambda: announced(home) and listens(dashboard), "the dashboard")
        submit = [*RAY, "job", "submit", f"--address=http://127.0.0.1:{dashboard}", f"--working-dir={ROOT}", "--"]
        run = [sys.executable, "run_sim.py", "run", "tests/system/digits.yaml", *FLEET, "--out", str(folder)]
        asked = [*submit, *run, "--workers", "2", "--ray-address", "auto"]
        reported = subprocess.run(asked, capture_output=True, text=True, timeout=280)
    assert reported.returncode == 0, reported.stdout + reported.stderr
    assert digest_in(folder) == expected(tmp_path / "inline")
