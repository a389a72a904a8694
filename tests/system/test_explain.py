"""Causes by paired forks agree with re-runs by hand; nothing is written beside the run but its forks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from run_commands import Reported, RunScenario, scenario_of

from sim.run.explaining.factors import FACTORS
from sim.scenario import load

SLOW = [
    "task.data={kind: gaussians, distance: 3.0, rotate: 60 deg/min}",
    "drift=[]",
    "method.adapter={kind: cloud_ft, window: 32, steps: 20, rate: 5e-2, anchor: 0}",
    "method.trigger={kind: periodic, every: 10 s}",
    "links.lte={up: 300 bit/s, down: 1 kbit/s, latency: 500 ms}",
    "fleet.0.labels.after=5 s",
    "fleet.0.devices=20",
    "cloud.service=1 s",
    "duration=120 s",
]
#: Factor -> what takes it away, by hand.
BY_HAND = {
    "uplink": ["links.lte.up=1 Tbit/s"],
    "labels": ["fleet.0.labels.after=0 s"],
    "queue": ["cloud.workers=20"],
}
ALL = [override for overrides in BY_HAND.values() for override in overrides]


def test_what_comes_back_is_what_a_run_by_hand_gains(play: RunScenario, reported: Reported) -> None:
    run = play("gaussians", *SLOW)
    folder = str(run.folder)
    code, out, err = reported("explain", folder, "--factors", ",".join(BY_HAND), "--shapley", "--json")
    assert code == 0, err
    [found] = json.loads(out).values()
    accuracy = run.summary["accuracy"]
    for factor, overrides in BY_HAND.items():
        gained = play("gaussians", *SLOW, *overrides).summary["accuracy"] - accuracy
        assert found["factors"][factor]["alone"]["mean"] == pytest.approx(gained, abs=1e-12)
    together = play("gaussians", *SLOW, *ALL).summary["accuracy"] - accuracy
    assert found["together"]["mean"] == pytest.approx(together, abs=1e-12)
    assert together > 0.02
    values = [found["factors"][factor]["shapley"]["mean"] for factor in BY_HAND]
    assert sum(values) == pytest.approx(together, abs=1e-12)
    forks = [fork["without"] for fork in json.loads((run.folder / "explain" / "explain.json").read_text())["forks"]]
    assert len(forks) == 7
    again = reported("explain", folder, "--factors", ",".join(BY_HAND), "--shapley", "--json", "--quiet")
    assert json.loads(again[1]) == json.loads(out)


def test_only_factors_that_the_scenario_has_are_taken_away(play: RunScenario, reported: Reported) -> None:
    run = play("gaussians", "fleet.0.devices=5", "duration=30 s")
    code, out, _ = reported("explain", str(run.folder), "--json", "--quiet")
    assert code == 0
    [found] = json.loads(out).values()
    assert set(found["factors"]) == {"uplink", "downlink", "latency", "queue"}
    assert all(factor["alone"]["mean"] == 0.0 for factor in found["factors"].values())


@pytest.mark.parametrize("queue", ["ps", "fifo"])
def test_without_the_queue_nobody_waits_for_others_and_what_failed_fails(queue: str) -> None:
    batch = "{max: 2, wait: 1 s, each: 1 s}" if queue == "fifo" else "{}"
    failures = "[{at: 9 s, for: 4 s, workers: 2}, {at: 20 s, for: 1 s}]"
    cloud = f"cloud={{queue: {queue}, workers: 2, capacity: 1, batch: {batch}, failures: {failures}}}"
    scenario = load(scenario_of("gaussians"), [cloud])
    without = load(scenario_of("gaussians"), [cloud, *FACTORS["queue"](scenario)]).cloud
    assert (without.workers, without.capacity, without.batch.wait) == (scenario.devices, math.inf, 0.0)
    assert [failure.workers for failure in without.failures] == [scenario.devices, None]
    assert load(scenario_of("gaussians"), [cloud, *FACTORS["service"](scenario)]).cloud.batch.each == 0.0


def test_without_latency_a_recorded_ping_is_gone_too(tmp_path: Path) -> None:
    (tmp_path / "ping.csv").write_text("time_s,ping_ms\n0,400\n1,900\n", encoding="utf-8")
    pinged = f"links.lte={{up: 1 Mbit/s, down: 2 Mbit/s, loss: 1 %, ping: {{file: {tmp_path / 'ping.csv'}}}}}"
    scenario = load(scenario_of("gaussians"), [pinged])
    link = load(scenario_of("gaussians"), [pinged, *FACTORS["latency"](scenario)]).links["lte"]
    assert (link.ping, link.latency.mean, link.jitter.mean) == (None, 0.0, 0.0)
    assert (link.up.rate, link.down.rate, link.loss) == (1e6, 2e6, scenario.links["lte"].loss)


def test_a_fleet_of_more_devices_than_workers_are_allowed_is_explained() -> None:
    many = ["fleet.0.devices=200000", "fleet.0.samples={every: 1 h}", "duration=30 s"]
    scenario = load(scenario_of("gaussians"), many)
    assert load(scenario_of("gaussians"), [*many, *FACTORS["queue"](scenario)]).cloud.workers == 100_000


def test_a_fork_is_not_explained_but_its_parent(play: RunScenario, reported: Reported) -> None:
    run = play("gaussians", "fleet.0.devices=5", "duration=30 s", "execution.checkpoint=10 s")
    forked = run.folder.parent / "forked"
    code, _, err = reported(
        "fork", str(run.folder), "--at", "20 s", "--set", "links.lte.up=9 kbit/s", "--out", str(forked)
    )
    assert code == 0, err
    code, _, err = reported("explain", str(forked), "--quiet")
    assert code == 2
    assert "is a fork; explain its parent" in err
    assert not (forked / "explain").exists()


def test_a_run_of_timing_only_is_not_explained(play: RunScenario, reported: Reported) -> None:
    run = play("timing", "fleet.0.devices=2", "duration=30 s")
    code, _, err = reported("explain", str(run.folder))
    assert code == 2
    assert "has no accuracy that could be lost" in err
    assert not (run.folder / "explain").exists()


def test_a_factor_that_is_none_is_answered_with_one(play: RunScenario, reported: Reported) -> None:
    run = play("gaussians", "fleet.0.devices=5", "duration=30 s")
    code, _, err = reported("explain", str(run.folder), "--factors", "upling")
    assert code == 2
    assert "did you mean 'uplink'" in err
