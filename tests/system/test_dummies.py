"""``dummies`` plays triggers that see nothing with as many requests, and says what is clear of chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from run_commands import Reported, scenario_of

from sim.commands.dummies import equal_triggers
from sim.commands.exits import BAD_INPUT, OK
from sim.scenario import load
from sim.scenario.units import TIME
from sim.triggers.token_bucket import TokenBucket, TokenBucketOptions

TURNED = str(scenario_of("turned"))
#: Two minutes before the turn, two minutes after it.
LONGER = ["duration=4 min", "drift.0.at=2 min", "fleet.0.devices=30", "method.trigger={kind: at, times: [150 s]}"]


def test_trigger_that_knows_the_drift_beats_as_many_random_requests(tmp_path: Path, reported: Reported) -> None:
    changes = [word for change in LONGER for word in ("--set", change)]
    words = ("--seeds", "3", "--out", str(tmp_path / "out"), "--jobs", "1", "--quiet", "--json")
    code, out, err = reported("dummies", TURNED, *changes, *words)
    assert code == OK, err
    found = {one["trigger"]: one for one in json.loads(out)}
    assert list(found) == ["at", "random", "periodic"]
    assert [one["requests"]["mean"] for one in found.values()] == [30, 30, pytest.approx(30, abs=1)]
    assert found["random"]["ahead"]["low"] > 0.05
    assert found["at"]["ahead"] is None


def test_budgets_are_equal() -> None:
    scenario = load(TURNED, LONGER)
    assert equal_triggers(scenario, 0) == {"random": "{kind: never}"}
    assert list(equal_triggers(scenario, 45)) == ["random", "periodic"]
    made = equal_triggers(scenario, 90)
    assert made["periodic"] == "{kind: periodic, every: 80.0 s}"


@pytest.mark.parametrize("each", [2, 3, 5, 13, 20, 50, 77, 118])
def test_a_bucket_asks_as_often_though_it_waits_for_ticks(each: int) -> None:
    scenario = load(TURNED, ["duration=20 min", "tick=10 s", "drift.0.at=2 min"])
    options = yaml.safe_load(equal_triggers(scenario, each * scenario.devices)["token bucket"])
    bucket = TokenBucket(1, 1, 10.0, TokenBucketOptions(options["asks"], TIME.parse(options["per"])))
    asked = [bucket.plan(10.0 * tick, 10.0 * (tick + 1), {}).device for tick in range(120)]
    assert sum(map(len, asked)) == each


def test_more_than_an_ask_a_tick_has_no_dummy(reported: Reported) -> None:
    words = ("--set", "method.trigger={kind: periodic, every: 10 ms}")
    code, _, err = reported("dummies", TURNED, *words)
    assert code == BAD_INPUT
    assert "at most; write a shorter tick" in err


@pytest.mark.parametrize(
    ("change", "said"),
    [("method.trigger={kind: never}", "does not let devices ask"), ("seed=1", "no metric")],
)
def test_what_has_no_dummy_is_refused(reported: Reported, change: str, said: str) -> None:
    metric = () if "trigger" in change else ("--metric", "beauty")
    code, _, err = reported("dummies", TURNED, "--set", change, *metric)
    assert code == BAD_INPUT
    assert said in err
