"""The front end stays light, and its defaults are those of the methods it configures."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from importlib import import_module

import pytest

from sim.scenario.method import CloudFt, Persona
from sim.scenario.nets import Mlp
from sim.scenario.task import Pretrain

HEAVY = ("torch", "ray", "pandas", "simpy", "scipy", "sklearn", "matplotlib", "pyarrow")


def test_loading_a_scenario_imports_nothing_heavy(write, small: str) -> None:
    path = write(small)
    code = (
        "import sys; from sim.scenario import load, json_schema; load(sys.argv[1]); json_schema();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("clause", "module"), [(CloudFt(), "agents.methods.cloud_ft"), (Persona(), "agents.methods.persona")]
)
def test_defaults_of_adapters_are_those_of_the_methods(clause: CloudFt | Persona, module: str) -> None:
    defaults = import_module(module).DEFAULTS
    assert {key: value for key, value in clause.plain().items() if key != "kind"} == defaults


def test_defaults_of_training_are_those_of_the_data_plane() -> None:
    training = import_module("agents.models.training")
    recipe = training.Recipe()
    assert Pretrain().plain() == asdict(recipe)
    net = import_module("agents.models.mlp")
    options = {key: value for key, value in Mlp().plain().items() if key != "kind"}
    assert net.mlp((8,), 2, options).options == net.mlp((8,), 2, {}).options
