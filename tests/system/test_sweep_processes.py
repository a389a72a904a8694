"""A sweep whose driver ends leaves no process of its points behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ray_runs import command_line, descendants
from run_commands import ROOT

#: Each point would take minutes; ticks are short, so that it can be stopped soon.
SCENARIO = """
version: 1
name: long
duration: 30 d
tick: 1 min
task: none
fleet: [{cohort: phones, devices: 100, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 5 s}}
sweep: {grid: {links.lte.up: [1 Mbit/s, 2 Mbit/s]}, seeds: 3}
"""


def within(wait_s: float, found: Callable[[], bool]) -> bool:
    until = time.monotonic() + wait_s
    while not found() and time.monotonic() < until:
        time.sleep(0.1)
    return found()


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGKILL])
def test_points_end_with_their_driver(tmp_path: Path, kind: signal.Signals) -> None:
    (tmp_path / "long.yaml").write_text(SCENARIO)
    words = ["sweep", "long.yaml", "--out", "out", "--jobs", "2", "--quiet"]
    driver = subprocess.Popen([sys.executable, str(ROOT / "run_sim.py"), *words], cwd=tmp_path)
    try:
        statuses = tmp_path / "out"
        assert within(400, lambda: len(list(statuses.glob("*/windows.parquet"))) >= 2 or driver.poll() is not None)
        points = [pid for pid in descendants(driver.pid) if "spawn_main" in command_line(pid)]
        assert len(points) == 2, "two points run at once"
    finally:
        os.kill(driver.pid, kind)
        driver.wait()
    assert within(60, lambda: not any(command_line(pid) for pid in points)), "they outlive their driver"
