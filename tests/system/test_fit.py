"""The command ``fit``: figures as strict JSON, YAML that can be played, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from run_commands import Reported, cli

from sim.commands.exits import BAD_INPUT, OK
from sim.scenario import load

SCENARIO = """\
version: 1
duration: 1 min
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 2, link: mine}]
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 10 s}}
"""


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Two columns of rates; the name of the file has what YAML would read as more than text."""
    rng = np.random.default_rng(3)
    rows = [f"{second},{rng.choice([1, 4, 9])},{rng.choice([2, 3])}" for second in range(300)]
    path = tmp_path / "bus, of Oslo: 1.csv"
    path.write_text("\n".join(["time (s),Mbit/s a,Mbit/s b", *rows]) + "\n")
    return path


@pytest.mark.parametrize("column", ["Mbit/s b", "3"])
def test_what_it_prints_can_be_played(tmp_path: Path, trace: Path, reported: Reported, column: str) -> None:
    words = ("--column", column, "--unit", "Mbit/s", "--states", "3", "--links", "4", "--bin", "1")
    code, out, err = reported("fit", str(trace), *words)
    assert code == OK, err
    (line,) = [line for line in out.splitlines() if line.startswith("in a scenario: ")]
    written = line.removeprefix("in a scenario: ").replace("down: ...", "down: 1 Mbit/s")
    assert yaml.safe_load(written)["links"]["mine"]["up"]["fitted"]["trace"]["file"] == str(trace)
    (tmp_path / "played.yaml").write_text(SCENARIO + written + "\n")
    assert load(tmp_path / "played.yaml").links["mine"].up.fitted is not None


def test_a_recording_of_less_than_two_seconds_is_refused(tmp_path: Path, reported: Reported) -> None:
    (tmp_path / "m.up").write_text("1\n2\n3\n500\n")
    code, _, err = reported("fit", str(tmp_path / "m.up"))
    assert code == BAD_INPUT
    assert "lasts 0.5 s; a fit is judged second by second: give a recording of 2 s or more" in err


def test_its_figures_are_strict_json(trace: Path, reported: Reported) -> None:
    words = ("--column", "2", "--unit", "Mbit/s", "--states", "3", "--links", "2", "--bin", "1", "--json")
    code, out, err = reported("fit", str(trace), *words, "--held-out", str(trace))
    assert code == OK, err
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["states"] == 3
    assert found[f"the recording, to {trace.name}"]["mean"] == 1.0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--bin", "0"), "argument --bin: '0' is no time in seconds above zero"),
        (("--bin", "nan"), "argument --bin: 'nan' is no time in seconds above zero"),
        (("--column", "9", "--unit", "Mbit/s"), "there is no column '9'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(trace: Path, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = cli("fit", str(trace), *words, cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert said in done.stderr
