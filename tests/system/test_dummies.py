"""``dummies`` plays triggers that see nothing with as many requests, and says what is clear of chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_commands import Reported

from sim.commands.dummies import equal_triggers
from sim.commands.exits import BAD_INPUT, OK
from sim.scenario import load

WORLD = """\
version: 1
name: world
duration: 4 min
tick: 10 s
task: {data: {kind: gaussians, dimensions: 2, distance: 3.0}, model: logistic, pretrain: {epochs: 5}}
fleet: [{cohort: phones, devices: 30, samples: {every: 1 s}, labels: {after: 2 s}, link: lte}]
drift: [{at: 2 min, kind: sudden, to: {rotate: 90 deg}}]
links: {lte: {up: 1 Mbit/s, down: 4 Mbit/s, latency: 50 ms}}
method:
  adapter: {kind: cloud_ft, window: 20, steps: 20, rate: 0.1, anchor: 0}
  trigger: {kind: at, times: [150 s]}
"""


def test_trigger_that_knows_the_drift_beats_as_many_random_requests(tmp_path: Path, reported: Reported) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    words = ("--seeds", "3", "--out", str(tmp_path / "out"), "--jobs", "1", "--quiet", "--json")
    code, out, err = reported("dummies", str(file), *words)
    assert code == OK, err
    found = {one["trigger"]: one for one in json.loads(out)}
    assert list(found) == ["at", "random", "periodic"]
    assert [one["requests"]["mean"] for one in found.values()] == [30, 30, pytest.approx(30, abs=1)]
    assert found["random"]["ahead"]["low"] > 0.05
    assert found["at"]["ahead"] is None


def test_budgets_are_equal(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    scenario = load(file)
    assert equal_triggers(scenario, 0) == {"random": "{kind: never}"}
    assert list(equal_triggers(scenario, 45)) == ["random", "periodic"]
    made = equal_triggers(scenario, 90)
    # Three each: one at once and two in four minutes, or every 80 s.
    assert made["token bucket"] == "{kind: token_bucket, asks: 1, per: 120.0 s}"
    assert made["periodic"] == "{kind: periodic, every: 80.0 s}"


@pytest.mark.parametrize(
    ("change", "said"),
    [("method.trigger={kind: never}", "does not let devices ask"), ("seed=1", "no metric")],
)
def test_what_has_no_dummy_is_refused(tmp_path: Path, reported: Reported, change: str, said: str) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    metric = () if "trigger" in change else ("--metric", "beauty")
    code, _, err = reported("dummies", str(file), "--set", change, *metric)
    assert code == BAD_INPUT
    assert said in err
