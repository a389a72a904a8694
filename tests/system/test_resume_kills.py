"""SIGKILL in the middle of anything, through the command line: the run goes on to the same digest."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from run_commands import ROOT, cli_process, command, scenario_of

HERE = Path(__file__).resolve().parent
PERSONA = [
    *("--set", "method.adapter={kind: persona, steps: 20, group_steps: 5}"),
    *("--set", "execution.checkpoint=1 us"),
    *("--set", "fleet.0.devices=40"),
]
#: A run of some seconds that writes checkpoints most of the time.
LONG = [
    *("--set", "duration=8 min"),
    *("--set", "fleet.0.devices=600"),
    *("--set", "method={adapter: {kind: cloud_ft, steps: 2, window: 4}, trigger: {kind: periodic, every: 30 s}}"),
    *("--set", "execution.checkpoint=1 us"),
]


def digest(words: list[str], cwd: Path) -> str:
    """Play to the end; return the digest."""
    reported = cli_process(*words, "--quiet", "--json", cwd=cwd)
    assert reported.returncode == 0, reported.stderr
    return str(json.loads(reported.stdout)["digest"])


@pytest.mark.slow
def test_a_killed_run_with_a_trained_method_goes_on(tmp_path: Path) -> None:
    watched = ["--set", "method.trigger={kind: 'recorded_orders:Watched'}", "--allow-plugins"]
    begin = ["run", str(scenario_of("digits")), *PERSONA, *watched]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT)]), "KILLED_AFTER": "6"}
    words = command(*begin, "--quiet", "--out", tmp_path / "cut")
    killed = subprocess.run(words, env=environment, cwd=HERE, capture_output=True, timeout=300)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "cut" / "STATUS").read_text(encoding="utf-8").strip() == "running"
    goes_on = digest(["resume", str(tmp_path / "cut"), "--allow-plugins"], HERE)
    assert goes_on == digest([*begin, "--out", str(tmp_path / "whole")], HERE)


@pytest.mark.slow
def test_killed_at_random_again_and_again_until_it_is_done(tmp_path: Path) -> None:
    begin = ["run", str(scenario_of("gaussians")), *LONG]
    whole = digest([*begin, "--out", str(tmp_path / "whole")], tmp_path)
    words, kills = command(*begin, "--quiet", "--out", tmp_path / "cut"), 0
    while kills < 5 and kill_soon(words, tmp_path / "cut" / "checkpoints", random.uniform(0.0, 0.6)):
        words, kills = command("resume", tmp_path / "cut", "--quiet"), kills + 1
    assert kills
    assert digest(["resume", str(tmp_path / "cut")], tmp_path) == whole


def kill_soon(words: list[str], saved_run: Path, wall_s: float) -> bool:
    """Start a run and kill it once it has kept something new; say whether it was still running."""
    before = set(saved_run.glob("*")) if saved_run.exists() else set()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            while process.poll() is None and (not saved_run.exists() or set(saved_run.glob("*")) == before):
                time.sleep(0.005)
            time.sleep(wall_s)
            alive = process.poll() is None
        finally:
            process.kill()
    return alive
