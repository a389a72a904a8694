"""Scenario files for the tests: a small valid one, ways to write and to refuse one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.scenario import Scenario, ScenarioErrors, load

SMALL = """\
version: 1
seed: 7
duration: 30 min
tick: 10 s
task: {data: digits, model: mlp}
fleet:
  - cohort: phones
    devices: 10
    samples: {every: 1 s}
    link: lte
drift:
  - {at: 5 min, kind: sudden, to: {rotate: 90 deg}}
links:
  lte: {up: 256 kbit/s, down: 1 Mbit/s, latency: 60 ms}
method:
  adapter: {kind: persona, prototypes: 8}
  trigger: {kind: periodic, every: 60 s}
"""

Write = Callable[..., Path]


@pytest.fixture
def small() -> str:
    """A small valid scenario; nothing in it may be left out."""
    return SMALL


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a scenario file (``small.yaml`` unless named) and return its path."""

    def write_it(text: str | bytes = SMALL, name: str = "small.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_it


@pytest.fixture
def loaded(write: Write) -> Callable[..., Scenario]:
    """Load the small scenario with one text replaced by another, and with overrides."""

    def load_it(old: str = "", new: str = "", overrides: tuple[str, ...] = ()) -> Scenario:
        assert old in SMALL
        return load(write(SMALL.replace(old, new) if old else SMALL), overrides)

    return load_it


@pytest.fixture
def refusal(write: Write) -> Callable[..., list[str]]:
    """Load what must be refused; return the lines without the folder."""

    def refuse(text: str | bytes, overrides: tuple[str, ...] = (), plugins: bool = False) -> list[str]:
        path = write(text)
        with pytest.raises(ScenarioErrors) as caught:
            load(path, overrides, allow_plugins=plugins)
        return str(caught.value).replace(f"{path.parent}/", "").splitlines()

    return refuse
