"""The face of the package: cheap to import, and complete."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import analysis

ROOT = Path(__file__).parents[2]
HEAVY = ("pandas", "matplotlib", "pyarrow", "scipy", "rich", "torch", "simpy", "ray")


@pytest.mark.parametrize(
    "statement",
    [
        "import analysis; analysis.RunError",
        "from analysis.recovery import recovery_times",
        "from analysis import recovery_times",
    ],
)
def test_importing_it_loads_nothing_heavy(statement: str) -> None:
    script = f"import sys\n{statement}\nsys.exit(', '.join(name for name in {HEAVY} if name in sys.modules) or 0)"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


@pytest.mark.parametrize("name", analysis.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(analysis, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'plot'"):
        _ = analysis.plot


def test_the_simulator_is_never_imported() -> None:
    for path in (ROOT / "analysis").rglob("*.py"):
        # How sizes and times are put in words is one law for screens and figures, and plain arithmetic.
        text = path.read_text(encoding="utf-8").replace("from agents.contract.amounts import", "")
        assert not any(f"{word} {package}" in text for word in ("import", "from") for package in ("sim", "agents"))
