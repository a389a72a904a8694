"""What a command does not need it does not load: torch takes seconds, Ray more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from stage import ROOT, scene

#: Runs the command line and tells on stderr's last line which heavy libraries were loaded.
PROBE = """
import json, sys
import run_sim
try:
    code = run_sim.main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code or 0
heavy = {"torch", "ray", "matplotlib", "pandas", "sklearn", "simpy", "numpy"} & sys.modules.keys()
print(json.dumps([code, sorted(heavy)]), file=sys.stderr)
"""


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """Return the heavy libraries that a successful command has loaded."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    probe = [sys.executable, "-c", PROBE, *arguments]
    ended = subprocess.run(probe, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    code, heavy = json.loads(ended.stderr.splitlines()[-1])
    assert code == 0, ended.stderr
    return set(heavy)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["sweep", "--help"]])
def test_help_loads_nothing_at_all(tmp_path: Path, arguments: list[str]) -> None:
    assert loaded(*arguments, cwd=tmp_path) == set()


ON_A_GPU = ["--set", "execution.device=cuda"]


@pytest.mark.parametrize("arguments", [["list"], ["schema"], ["validate", str(scene("digits")), *ON_A_GPU], ["doctor"]])
def test_looking_at_scenarios_loads_neither_torch_nor_ray(tmp_path: Path, arguments: list[str]) -> None:
    assert loaded(*arguments, cwd=tmp_path).isdisjoint({"torch", "ray", "matplotlib", "pandas", "sklearn"})


def test_a_timing_only_run_never_loads_torch_though_it_draws_figures(tmp_path: Path) -> None:
    heavy = loaded("run", str(scene("timing")), "--quiet", "--out", "run", cwd=tmp_path)
    assert heavy.isdisjoint({"torch", "ray", "sklearn"})
    assert {"simpy", "matplotlib"} <= heavy


def test_a_run_with_a_task_in_this_process_never_loads_ray(tmp_path: Path) -> None:
    short = ["--set", "method.adapter=static", "--set", "task.pretrain.epochs=1", "--workers", "0"]
    short += ["--set", "duration=20 s", "--set", "drift=[]"]
    heavy = loaded("run", str(scene("digits")), "--quiet", "--out", "run", *short, cwd=tmp_path)
    assert "torch" in heavy
    assert "ray" not in heavy
