"""The front end stays light, and its defaults of training are those of the data plane."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from importlib import import_module

from sim.scenario.task import Pretrain

HEAVY = ("torch", "ray", "pandas", "simpy", "scipy", "sklearn", "matplotlib", "pyarrow")


def test_loading_a_scenario_imports_nothing_heavy(write, small: str) -> None:
    path = write(small)
    code = (
        "import sys; from sim.scenario import load, json_schema; load(sys.argv[1]); json_schema();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.strip() == "[]"


def test_defaults_of_training_are_those_of_the_data_plane() -> None:
    training = import_module("agents.models.training")
    recipe = training.Recipe()
    assert Pretrain().plain() == asdict(recipe)
