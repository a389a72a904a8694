"""What a command does not need it does not load: torch takes seconds, Ray more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from run_commands import ROOT, scenario_of

#: Runs commands, one after another, and tells on stderr's last line which heavy libraries were loaded.
PROBE = """
import json, sys
import run_sim
codes = []
for words in json.loads(sys.argv[1]):
    try:
        codes.append(run_sim.main(words))
    except SystemExit as ended:
        codes.append(ended.code or 0)
heavy = {"torch", "ray", "matplotlib", "pandas", "sklearn", "numba", "simpy", "numpy"} & sys.modules.keys()
print(json.dumps([max(codes), sorted(heavy)]), file=sys.stderr)
"""


def loaded(*commands: list[str], cwd: Path) -> set[str]:
    """Return the heavy libraries that successful commands have loaded in one process."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    probe = [sys.executable, "-c", PROBE, json.dumps(commands)]
    ended = subprocess.run(probe, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    code, heavy = json.loads(ended.stderr.splitlines()[-1])
    assert code == 0, ended.stderr
    return set(heavy)


def test_help_loads_nothing_at_all(tmp_path: Path) -> None:
    assert loaded(["--help"], ["run", "--help"], ["sweep", "--help"], cwd=tmp_path) == set()


ON_A_GPU = ["--set", "execution.device=cuda"]


def test_looking_at_scenarios_loads_neither_torch_nor_ray(tmp_path: Path) -> None:
    looks = [["list"], ["schema"], ["validate", str(scenario_of("digits")), *ON_A_GPU], ["doctor"]]
    assert loaded(*looks, cwd=tmp_path).isdisjoint({"torch", "ray", "matplotlib", "pandas", "sklearn", "numba"})


def test_tables_and_logs_are_read_without_torch_and_pandas(tmp_path: Path) -> None:
    rows = [f"{n % 3},{n % 4},1,{n},{'ab'[n % 2]}" for n in range(200)]
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "log.csv").write_text("\n".join(f"{n % 61},{n % 4},1,{n}" for n in range(200)), encoding="utf-8")
    fleet = "fleet: [{cohort: phones, devices: 2, samples: {every: 1 s}}]\n"
    ranked = "{kind: interactions, path: log.csv, negatives: 4, core: 1, columns: {user: 1, item: 0, timestamp: 3}}"
    for name, task in (("t", "{data: 'table:t.csv'}"), ("log", f"{{data: {ranked}, model: din}}")):
        text = f"version: 1\nduration: 60 s\ntask: {task}\n{fleet}"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    heavy = loaded(["validate", "t.yaml", "log.yaml"], cwd=tmp_path)
    assert heavy.isdisjoint({"torch", "ray", "matplotlib", "pandas", "sklearn"})


def test_a_timing_only_run_never_loads_torch_though_it_draws_figures(tmp_path: Path) -> None:
    heavy = loaded(["run", str(scenario_of("timing")), "--quiet", "--out", "run"], cwd=tmp_path)
    assert heavy.isdisjoint({"torch", "ray", "sklearn", "numba"})
    assert {"simpy", "matplotlib"} <= heavy


def test_a_run_with_a_task_in_this_process_never_loads_ray(tmp_path: Path) -> None:
    short = ["--set", "duration=30 s", "--set", "task.pretrain.epochs=1", "--workers", "0"]
    heavy = loaded(["run", str(scenario_of("gaussians")), "--quiet", "--out", "run", *short], cwd=tmp_path)
    assert "torch" in heavy
    assert "ray" not in heavy


def test_what_theory_does_not_reach_loads_none_of_its_libraries(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sim.scenario import load; from sim.run.theory import theory_of\n"
        "assert theory_of(load(Path(sys.argv[1]), [])) == []; assert 'scipy.stats' not in sys.modules"
    )
    probe = [sys.executable, "-c", code, str(scenario_of("timing"))]
    ended = subprocess.run(probe, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
