"""What the README and the guides show is true: its scenario, a method with a codec, data."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(language: str, holds: str = "", page: str = README) -> str:
    """Return the first fenced block of a language that holds some text."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL) if holds in text]
    assert found, f"there is no {language} block with {holds!r}"
    return str(found[0])


QUICKSTART = ROOT / "scenarios" / "quickstart.yaml"
Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(warm_python: Path, tmp_path: Path) -> Typed:
    """Return what runs a command of ours in an empty folder, as a process of its own."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [warm_python, ROOT / "run_sim.py", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)

    return run


def test_the_scenario_of_the_readme_is_valid(tmp_path: Path, typed: Typed) -> None:
    file = tmp_path / "narrowband.yaml"
    file.write_text(block("yaml"), encoding="utf-8")
    assert typed("validate", file).returncode == 0


METHOD = (
    "method.adapter=mine:Recentre",
    "method.codec={kind: 'mine:Half', levels: 100}",
    "duration=6 min",
    "task.pretrain.epochs=2",
)
DATA = (
    "task={data: {kind: 'mine:Tides', period_s: 300}, model: logistic, pretrain: {epochs: 2}}",
    "method.adapter=static",
    "duration=2 min",
)


def own(page: str) -> str:
    """Return the class that a page of the documentation shows."""
    return block('python title="mine.py"', page=(ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8"))


OWN = [
    (own("own-method.md") + own("own-codec.md"), METHOD),
    (block("python", "class Tides", GUIDE), DATA),
]


@pytest.mark.parametrize(("written", "overrides"), OWN, ids=["method and codec", "data"])
def test_what_a_user_writes_runs(tmp_path: Path, typed: Typed, written: str, overrides: tuple[str, ...]) -> None:
    (tmp_path / "mine.py").write_text(written, encoding="utf-8")
    settings = ("fleet.0.devices=8", "drift=[]", *overrides)
    arguments = [part for setting in settings for part in ("--set", setting)]
    out = ["--out", tmp_path / "out", "--quiet"]
    played = typed("run", QUICKSTART, "--allow-plugins", *arguments, *out)
    assert played.returncode == 0, played.stderr
    assert (tmp_path / "out" / "STATUS").read_text().strip() == "complete"


def test_a_method_that_cannot_be_imported_is_bad_input(tmp_path: Path, typed: Typed) -> None:
    named = ["--set", "method.adapter=nowhere:Nothing"]
    played = typed("run", QUICKSTART, "--allow-plugins", *named, "--out", tmp_path / "out")
    assert played.returncode == 2
    assert "nowhere" in played.stderr
    assert "Traceback" not in played.stderr
