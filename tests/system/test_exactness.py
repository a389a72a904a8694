"""Law 1: one scenario and one seed give one digest, however the run is carried out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from run_commands import RunScenario, Table, assert_rows_equal, cli, scenario_of, where

ADAPTERS = {
    "cloud_ft": "{kind: cloud_ft, steps: 5}",
    "persona": "{kind: persona, steps: 20, group_steps: 5}",
    "static": "static",
}
TRIGGERS = {
    "periodic": "{kind: periodic, every: 4 s}",
    "poisson": "{kind: poisson, rate: 20 /min}",
    "at": "{kind: at, asks: [{times: [10 s, 25 s]}, {times: [10 s, 12500 ms], devices: [0, 5]}]}",
    "every_samples": "{kind: every_samples, n: 5}",
}
#: Every trigger with every policy, and both adapters with each of them.
METHODS = [
    ("cloud_ft", "periodic", "drop"),
    ("persona", "periodic", "replace"),
    ("cloud_ft", "periodic", "queue"),
    ("persona", "poisson", "drop"),
    ("cloud_ft", "poisson", "replace"),
    ("persona", "poisson", "queue"),
    ("cloud_ft", "at", "drop"),
    ("persona", "at", "replace"),
    ("cloud_ft", "at", "queue"),
    ("persona", "every_samples", "drop"),
    ("cloud_ft", "every_samples", "replace"),
    ("persona", "every_samples", "queue"),
]
#: A cloud without service time: devices then share nothing, and more devices must change nothing.
FREE = "cloud.service=0 s"


def reported(adapter: str, trigger: str, in_flight: str = "drop") -> list[str]:
    """Return the overrides that choose a method."""
    chosen = {"adapter": ADAPTERS[adapter], "trigger": TRIGGERS[trigger], "in_flight": in_flight}
    return [f"method.{part}={value}" for part, value in chosen.items()]


@pytest.mark.parametrize(("adapter", "trigger", "in_flight"), METHODS)
def test_lazy_and_eager_play_give_one_digest(play: RunScenario, adapter: str, trigger: str, in_flight: str) -> None:
    overrides = [*reported(adapter, trigger, in_flight), "cloud.service={exponential: {mean: 40 ms}}"]
    # Whoever asks anew before every reply never installs: where the newest ask wins, replies must be quick.
    overrides += ["links.lte.up=200 kbit/s"] if in_flight == "replace" else []
    lazy, eager = play("digits", *overrides), play("digits", *overrides, eager=True)
    assert lazy.summary["installed"] > 10
    assert eager.digest == lazy.digest


@pytest.mark.parametrize("tick", ["1 s", "25 s"])
def test_no_sample_is_lost_however_many_wait_to_be_judged(play: RunScenario, tick: str) -> None:
    overrides = ["fleet.0.devices=200", "fleet.0.samples={every: 20 ms, arrivals: periodic}", f"tick={tick}"]
    overrides += ["method.adapter=" + ADAPTERS["persona"], "method.trigger.every=40 s"]
    lazy, eager = (play("digits", *overrides, eager=eager) for eager in (False, True))
    assert (lazy.table("devices")["samples"] == 2500).all()
    assert lazy.windows["samples"].sum() == 200 * 2500
    assert eager.digest == lazy.digest


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_run_played_twice_gives_one_digest_and_another_seed_another(play: RunScenario, adapter: str) -> None:
    overrides = reported(adapter, "periodic")
    assert play("digits", *overrides).digest == play("digits", *overrides).digest
    assert play("digits", *overrides, "seed=4").digest != play("digits", *overrides).digest


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_static_never_asks_whatever_the_trigger(play: RunScenario, trigger: str) -> None:
    summary = play("digits", *reported("static", trigger)).summary
    assert summary["exchanges"] == 0
    assert summary["accuracy"] == summary["accuracy_static"]


def test_a_digest_tells_apart_what_differs_by_a_hair(play: RunScenario) -> None:
    hair = [play("timing", f"links.lte.latency={latency}").digest for latency in ("50 ms", "50.000001 ms")]
    assert hair[0] != hair[1]


def test_progress_and_figures_leave_the_digest_alone(play: RunScenario, tmp_path: Path) -> None:
    expected = play("digits").digest
    loud = cli("run", scenario_of("digits"), "--json", "--out", "loud", cwd=tmp_path)
    assert loud.returncode == 0, loud.stderr
    assert json.loads(loud.stdout)["digest"] == expected
    assert list((tmp_path / "loud" / "plots").glob("*.svg"))


@pytest.mark.parametrize(("adapter", "trigger"), list(zip(["cloud_ft", "persona"] * 2, TRIGGERS, strict=True)))
def test_devices_appended_leave_the_first_ones_alone(play: RunScenario, adapter: str, trigger: str) -> None:
    overrides = [*reported(adapter, trigger, "replace"), FREE]
    # Persona's cloud refines what it serves to all: devices share it, unless that is off.
    overrides += ["method.adapter.refine=0"] if adapter == "persona" else []
    few = play("digits", *overrides)
    many = play("digits", *overrides, "fleet.0.devices=300")
    for name in ("devices", "exchanges"):
        assert_rows_equal(few.table(name), first_devices(many.table(name), 12))


def test_a_cohort_appended_leaves_the_first_one_alone(play: RunScenario) -> None:
    first = "{cohort: phones, devices: 12, link: lte, samples: {every: 1 s}, labels: {share: 80 %, after: 2 s}}"
    second = "{cohort: more, devices: 5, link: lte, samples: {every: 2 s}, labels: {share: 50 %, after: 1 s}}"
    few, many = play("digits", FREE), play("digits", FREE, f"fleet=[{first}, {second}]")
    for name in ("devices", "exchanges"):
        assert_rows_equal(few.table(name), first_devices(many.table(name), 12))
    mine = many.windows["cohort"] == "phones"
    assert_rows_equal(few.windows, where(many.windows, mine))


def test_streams_stay_the_same_when_devices_crowd_one_link(play: RunScenario) -> None:
    lte = "{up: 100 kbit/s, down: 100 kbit/s, shared: true}"
    shared = [*reported("cloud_ft", "periodic"), f"links.lte={lte}", "cloud.service=10 ms"]
    few = play("digits", *shared).table("devices")
    many = first_devices(play("digits", *shared, "fleet.0.devices=300").table("devices"), 12)
    for column in ("samples", "correct_static", "correct_oracle"):
        assert np.array_equal(few[column], many[column])
    assert few["correct"].tolist() != many["correct"].tolist()


def first_devices(table: Table, devices: int) -> Table:
    """Return the rows of devices below a number."""
    return where(table, table["device"] < devices)
