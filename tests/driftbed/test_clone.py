"""In a clone ``driftbed.agents`` is ``agents``: one module under two names."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import driftbed
from sim.program import VERSION

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["agents.methods.base", "sim.triggers", "analysis", "agents"])
def test_a_module_is_the_same_under_both_names(name: str) -> None:
    alias, own = importlib.import_module(f"driftbed.{name}"), importlib.import_module(name)
    assert alias is own
    assert own.__spec__ is not None
    assert (own.__name__, own.__spec__.name) == (name, name)
    assert sys.modules[f"driftbed.{name}"] is sys.modules[name]


def test_what_is_not_there_is_missed_under_the_name_that_was_asked_for() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"agents\.nothing"):
        importlib.import_module("driftbed.agents.nothing")
    with pytest.raises(AttributeError, match="'driftbed' has no attribute 'nothing'"):
        _ = driftbed.nothing


def test_one_version_everywhere() -> None:
    assert driftbed.__version__ == VERSION
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == VERSION
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_python_without_the_packages_is_told_which_one_has_them() -> None:
    words = [sys.executable, "-S", str(ROOT / "run_sim.py"), "validate", str(ROOT / "scenarios" / "gaussians.yaml")]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 1)
    assert "call .venv/bin/python run_sim.py" in ended.stderr
