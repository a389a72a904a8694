"""Checks an installation: versions, folders, processors."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from sim.processor import processor
from sim.program import IN_CLONE

_OLDEST = (3, 11)
_ENOUGH_BYTES = 1_000_000_000
#: How long what is asked may take: a busy machine compiles kernels for minutes.
_CHECK_S = 300.0


def examine(root: Path) -> tuple[bool, list[str]]:
    """Return whether driftbed can run here, and what was found, one line each."""
    python = (sys.version_info >= _OLDEST, f"python {platform.python_version()} (needs 3.11 or newer)")
    gpu, seen = _gpus(root)
    findings = [python, *_packages(root), *_machine(root)]
    lines = [f"{'ok  ' if sound else 'FAIL'} {line}" for sound, line in findings]
    return all(sound for sound, _ in findings), [*lines, f"{'ok  ' if gpu else '--  '} {seen}"]


def _packages(root: Path) -> list[tuple[bool, str]]:
    found = []
    for requirement in _wanted(root):
        name = requirement.split(">=")[0]
        try:
            found.append((True, f"{name} {version(name)} (needs {requirement})"))
        except PackageNotFoundError:
            found.append((False, f"{name} is missing; install it with: pip install '{requirement}'"))
    return found


def _wanted(root: Path) -> list[str]:
    """Return what must be installed: as a clone says, or what is installed says of itself."""
    if IN_CLONE:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return list(project["dependencies"])
    return [requirement for requirement in requires("driftbed") or () if ";" not in requirement]


def _machine(root: Path) -> list[tuple[bool, str]]:
    written = root if IN_CLONE else Path.cwd()
    free = shutil.disk_usage(written).free
    return [
        (True, f"{processor()['model']}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}"),
        (free > _ENOUGH_BYTES, f"{free / 1e9:.1f} GB free on the disk of {written}"),
        (os.access(written, os.W_OK), f"{written} can be written to"),
        _one_digest(root),
    ]


def _one_digest(root: Path) -> tuple[bool, str]:
    """Return whether the bits of a sample depend on no batch here, and the line about it."""
    look = "from agents.probe import report; sound, line = report(); print(line); raise SystemExit(not sound)"
    try:
        found = subprocess.run([sys.executable, "-c", look], cwd=root, capture_output=True, text=True, timeout=_CHECK_S)
    except subprocess.TimeoutExpired:
        return False, f"the kernels have computed nothing within {_CHECK_S:g} s; compiled, they are quick: try again"
    lines = (found.stdout or found.stderr).strip().splitlines() or ["the kernels do not run here"]
    return found.returncode == 0, lines[-1]


def _gpus(root: Path) -> tuple[bool, str]:
    """Return whether there is a GPU, which is not needed, and the line about it."""
    # Another process checks: torch takes seconds, and a broken driver may kill its process.
    look = "from agents.torch_device import gpu_names; print(*gpu_names(), sep=', ')"
    try:
        printed = subprocess.run(
            [sys.executable, "-c", look], cwd=root, capture_output=True, text=True, timeout=_CHECK_S
        )
    except subprocess.TimeoutExpired:
        return False, f"torch has not found out within {_CHECK_S:g} s which GPUs are here (execution.device: cuda)"
    if printed.returncode:
        return False, "torch cannot say which GPUs are here (execution.device: cuda)"
    found = printed.stdout.strip()
    return bool(found), f"torch sees {found or 'no GPU'} (execution.device: cuda)"
