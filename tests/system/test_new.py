"""``new``: what it writes works as it is, passes its own test, and keeps the laws of its family."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from run_commands import Reported, assert_refused, cli

from sim.commands.new import KINDS, class_of


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_passes_its_test_and_the_check(tmp_path: Path, warm_python: Path, kind: str) -> None:
    made = cli("new", kind, f"my_{kind}", "--out", "own", cwd=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    own = tmp_path / "own"
    assert sorted(path.name for path in own.iterdir()) == [f"my_{kind}.py", f"test_my_{kind}.py"]
    command = [warm_python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_my_{kind}.py"]
    tested = subprocess.run(command, cwd=own, capture_output=True, text=True, timeout=300, check=False)
    assert "3 passed" in tested.stdout, tested.stdout
    checked = cli("check", f"my_{kind}:{class_of(f'my_{kind}')}", cwd=own)
    assert checked.returncode == 0, checked.stdout
    assert "FAIL" not in checked.stdout


def test_it_says_how_to_go_on(tmp_path: Path) -> None:
    said = cli("new", "trigger", "burst_of_three", cwd=tmp_path).stdout
    assert "python -m pytest test_burst_of_three.py\n" in said
    assert "check burst_of_three:BurstOfThree\n" in said
    assert "method.trigger.kind: burst_of_three:BurstOfThree" in said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("My-Method", "is no name of a module"),
        ("class", "is no name of a module"),
        ("json", "there is a module 'json' already"),
        ("torch", "there is a module 'torch' already"),
        ("../x", "is no name of a module"),
    ],
)
def test_names_that_no_module_can_have_are_refused(reported: Reported, tmp_path: Path, name: str, why: str) -> None:
    assert_refused(*reported("new", "method", name, "--out", str(tmp_path)), why)
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(reported: Reported, tmp_path: Path) -> None:
    (tmp_path / "test_taken.py").write_text("kept", encoding="utf-8")
    assert_refused(*reported("new", "method", "taken", "--out", str(tmp_path)), "test_taken.py: is there already")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]
