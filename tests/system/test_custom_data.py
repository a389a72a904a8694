"""Data of one's own: a class in a file, let in by name, from YAML to the tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from run_commands import cli

from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import ScenarioErrors, load
from sim.scenario.error_location import located

STREAM = '''
import numpy as np
from agents.tasks.custom.stream import CustomStream


class Tides(CustomStream):
    """Two classes on a line that rises and falls, each device at its own hour."""

    classes, inputs, transforms = 2, (1,), {"shift": 0.0}

    def __init__(self, period_s=600.0):
        self.period_s = period_s

    def history(self, rng):
        y = rng.integers(0, 2, 2000)
        return rng.normal(2.0 * y - 1.0)[:, None], y

    def chunk(self, block, k, rng):
        y = rng.integers(0, 2, block.shape)
        turns = block.time_s / self.period_s + block.uniform[:, None]
        tide = np.sin(2 * np.pi * turns) + block.strength["shift"]
        x = rng.normal(2.0 * y - 1.0 + tide)
        return x[..., None], y, (x > tide).astype(int)


class Diary(Tides):
    """The same, but its devices see three samples at times of their own."""

    def times_s(self, cohort, device):
        return np.array([5.0, 15.0, 95.0])


class Lopsided(Tides):
    def chunk(self, block, k, rng):
        return super().chunk(block, k, rng)[0][:1], np.zeros(3)
'''
SCENARIO = """\
version: 1
seed: 5
duration: 2 min
tick: 10 s
task:
  data: {kind: "mine:Tides", period_s: 300}
  model: logistic
  pretrain: {epochs: 20}
fleet:
  - {cohort: buoys, devices: 40, samples: {every: 1 s}, labels: {after: 5 s}, link: radio}
drift:
  - {at: 1 min, kind: sudden, to: {shift: 1.5}}
links:
  radio: {up: 100 kbit/s, down: 100 kbit/s, latency: 50 ms}
method: {adapter: {kind: cloud_ft, window: 32, steps: 5}, trigger: {kind: periodic, every: 20 s}}
references: [static, oracle_bayes]
"""


@pytest.fixture
def shore(tmp_path: Path) -> Path:
    """Return a folder with a user's stream and a scenario that names it."""
    (tmp_path / "mine.py").write_text(STREAM, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


@pytest.fixture
def at_hand(shore: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process import the user's file, as the command line does in the folder it is called in."""
    monkeypatch.syspath_prepend(shore)
    monkeypatch.delitem(sys.modules, "mine", raising=False)


def summary(shore: Path, *settings: str, eager: bool = False) -> dict[str, Any]:
    """Play the scenario with some settings in this process, and return its summary."""
    scenario = load(shore / "own.yaml", settings, allow_plugins=True)
    folder = RunFolder.open(shore / "out", force=True)
    how = RunOptions(quiet=True, eager=eager)
    with located(shore / "own.yaml", settings):
        run = run_scenario(scenario, folder, how, lambda windows, marks: {}).folder
    reported: dict[str, Any] = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    return reported


def test_a_stream_of_ones_own_plays_with_drift_and_oracle(shore: Path) -> None:
    played = cli("run", "own.yaml", "--allow-plugins", "--quiet", "--out", "out", cwd=shore)
    assert played.returncode == 0, played.stderr
    reported = json.loads((shore / "out" / "summary.json").read_text(encoding="utf-8"))
    assert reported["samples"] == pytest.approx(40 * 120, rel=0.1)
    # The normal tail at a distance of one standard deviation.
    assert reported["accuracy_oracle"] == pytest.approx(0.841, abs=0.02)
    assert reported["accuracy_static"] < reported["accuracy"] < reported["accuracy_oracle"]


@pytest.mark.usefixtures("at_hand")
def test_lazily_or_eagerly_it_is_the_same_stream(shore: Path) -> None:
    assert summary(shore, eager=True)["digest"] == summary(shore)["digest"]


@pytest.mark.usefixtures("at_hand")
def test_times_of_ones_own_are_kept(shore: Path) -> None:
    reported = summary(shore, "task.data={kind: mine:Diary}", "fleet.0.samples={arrivals: recorded}")
    assert reported["samples"] == 3 * 40


MISTAKES = [
    ("task.data={kind: mine:Tides, perod_s: 3}", "perod_s"),
    ("task.data=mine:Lopsided", "Lopsided.chunk: x is [1, 2, 1]; wanted: [256, 2, 1]"),
    ("drift=[{at: 1 min, kind: sudden, to: {blur: 2}}]", "blur"),
    ("fleet.0.samples={arrivals: recorded}", "Tides.times_s returns no times"),
]


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize(("setting", "said"), MISTAKES)
def test_a_mistake_is_one_line_before_anything_runs(shore: Path, setting: str, said: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        summary(shore, setting)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_nobodys_class_is_imported_unasked(shore: Path) -> None:
    played = cli("run", "own.yaml", "--out", "out", cwd=shore)
    assert played.returncode == 2
    assert "--allow-plugins" in played.stderr
