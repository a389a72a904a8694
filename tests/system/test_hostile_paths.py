"""A scenario that names a pipe, a device, a folder or a link to itself is refused at once, for every kind of file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from run_commands import Reported, assert_refused

TASK = """\
version: 1
duration: 60 s
task: {data: {kind: %s, path: odd}, model: %s}
fleet: [{cohort: phones, devices: 2, samples: {every: 1 s}}]
"""
LINK = """\
version: 1
duration: 60 s
task: none
fleet: [{cohort: phones, devices: 2, link: lte%s}]
links: {lte: {up: %s, down: 1 Mbit/s%s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 10 s}}
"""
#: What names the file -> the scenario.
SCENARIOS = {
    "table": TASK % ("table", "logistic"),
    "log": TASK % ("interactions", "din"),
    "npz": TASK % ("npz", "logistic"),
    "idx": TASK % ("idx", "logistic"),
    "cifar": TASK % ("cifar", "logistic"),
    "rate": LINK % ("", "{trace: odd}", ""),
    "fitted": LINK % ("", "{fitted: {trace: odd}}", ""),
    "ping": LINK % ("", "1 Mbit/s", ", ping: {file: odd, column: 2}"),
    "loss": LINK % ("", "1 Mbit/s", ", loss: {trace: {file: odd, lost: 0}}"),
    "availability": LINK % (", availability: {trace: odd}", "1 Mbit/s", ""),
    "distribution": LINK % (", compute: {inference: {empirical: {file: odd, unit: ms}}}", "1 Mbit/s", ""),
}
PATHS: dict[str, Callable[[Path], None]] = {
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "an empty folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", SCENARIOS)
def test_what_is_no_file_is_refused_at_once(reported: Reported, tmp_path: Path, kind: str, path: str) -> None:
    PATHS[path](tmp_path / "odd")
    (tmp_path / "odd.yaml").write_text(SCENARIOS[kind], encoding="utf-8")
    assert_refused(*reported("validate", "odd.yaml"), "odd")


@pytest.mark.parametrize("path", PATHS)
def test_a_scenario_that_is_no_file_is_refused_at_once(reported: Reported, tmp_path: Path, path: str) -> None:
    PATHS[path](tmp_path / "odd.yaml")
    assert_refused(*reported("validate", "odd.yaml"), "odd.yaml")
