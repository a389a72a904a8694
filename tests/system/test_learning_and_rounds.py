"""Devices that learn by themselves, rounds, and updates that expire: in device time, and one digest in every way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import own_methods
import pytest
from run_commands import Run, scenario_of

from sim.run.resume import resume_run
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import Scenario, ScenarioErrors, load

WORLD = [
    "task.data.history=300",
    "task.pretrain.epochs=1",
    "links.lte={up: 3 kbit/s, down: 6 kbit/s, latency: 100 ms, loss: 1 %}",
    "fleet=[{cohort: a, devices: 270, link: lte, samples: {rate: 2 /s}, labels: {share: 60 %, after: 3 s},"
    " compute: {training_step: {exponential: {mean: 300 ms}}}},"
    "{cohort: b, devices: 40, link: lte, samples: {every: 3 s}, labels: {share: 100 %},"
    " compute: {training_step: 500 ms}}]",
]
LEARNING = "method.learning={trigger: {kind: periodic, every: 17 s}}"
ROUNDS = "method.trigger={kind: rounds, every: 15 s, cohort_size: 20, over_select: 1.5, wait_for: 80 %, timeout: 12 s}"
CASES = {
    "learning": ["method.adapter=own_methods:LocalHead", LEARNING],
    "steps from data": ["method.adapter=own_methods:Patient", LEARNING],
    "beside the cloud": ["method.adapter=own_methods:Fading", LEARNING, "method.trigger={kind: periodic, every: 11 s}"],
    "rounds": ["method.adapter=own_methods:Averaging", ROUNDS],
    "rounds that take long": [
        "method.adapter=own_methods:Averaging",
        ROUNDS,
        "cloud.service=7 s",
        "method.codec=delta",
    ],
    "expiry": ["method.adapter=own_methods:Fading", "method.trigger={kind: periodic, every: 20 s}"],
    "updates that hold nothing": [
        "method.adapter=own_methods:LocalHead",
        "method.trigger={kind: periodic, every: 20 s}",
    ],
}


def world(case: str, *more: str) -> Scenario:
    return load(scenario_of("gaussians"), [*WORLD, *CASES[case], *more], allow_plugins=True)


def played(folder: Path, scenario: Scenario, **how: Any) -> Run:
    own_methods.Averaging.calls.clear()
    reported = RunOptions(quiet=True, plugins=True, **how)
    return Run(run_scenario(scenario, RunFolder.open(folder), reported, lambda windows, marks: {}).folder)


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Return what plays a case once, lazily, in this process, with a checkpoint after every tick."""

    @cache
    def whole(case: str) -> Run:
        return played(tmp_path_factory.mktemp("whole") / "run", world(case, "execution.checkpoint=1 us"))

    return whole


@pytest.mark.parametrize("case", CASES)
def test_lazily_or_eagerly_it_is_one_digest(wholes: Callable[[str], Run], tmp_path: Path, case: str) -> None:
    lazy = wholes(case)
    assert lazy.summary["installed"] > 50
    assert played(tmp_path / "eager", world(case), eager=True).digest == lazy.digest


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_was_cut_short_goes_on_to_the_same_digest(
    wholes: Callable[[str], Run], tmp_path: Path, case: str
) -> None:
    whole = wholes(case)
    cut = Path(shutil.copytree(whole.folder, tmp_path / "cut"))
    for name in ("summary.json", "exchanges.parquet"):
        (cut / name).unlink()
    (cut / "STATUS").write_text("partial\n")
    kept = sorted((cut / "checkpoints").glob("*.safetensors"))
    assert kept, "a run that has ended keeps its last checkpoint"
    how = RunOptions(quiet=True, plugins=True)
    assert Run(resume_run(cut, how, lambda windows, marks: {}).folder).digest == whole.digest


def rows(run: Run, kind: str) -> dict[str, np.ndarray]:
    table = run.exchanges
    mine = table["kind"] == kind
    return {name: values[mine] for name, values in table.items()}


def test_learning_takes_the_time_of_its_steps_and_what_it_learns_is_better(tmp_path: Path) -> None:
    run = played(tmp_path / "run", world("learning"))
    learnt = rows(run, "learn")
    done = learnt["outcome"] == "installed"
    slow = done & (learnt["cohort"] == "b")
    assert slow.any()
    assert np.allclose((learnt["installed_s"] - learnt["sent_s"])[slow], 4 * 0.5)
    assert (learnt["up_bytes"] == 0).all()
    steps = run.table("devices")["training_steps"]
    assert steps.sum() == 4 * len(learnt["device"])
    windows = run.windows
    phases = [name for name in windows if name.startswith("regret_")]
    assert "regret_learning" in phases
    assert windows["regret_learning"].sum() != 0
    assert sum(windows[name].sum() for name in phases) == (windows["correct_oracle"] - windows["correct"]).sum()


def test_an_update_of_the_cloud_overtakes_what_a_device_was_learning(tmp_path: Path) -> None:
    run = played(tmp_path / "run", world("beside the cloud"))
    learnt, updates = rows(run, "learn"), rows(run, "update")
    overtaken = learnt["outcome"] == "superseded"
    assert overtaken.any()
    for device, sent_s in zip(learnt["device"][overtaken], learnt["sent_s"][overtaken], strict=True):
        landed_s = updates["installed_s"][updates["device"] == device]
        assert ((landed_s > sent_s) & (landed_s < sent_s + 60.0)).any()


@pytest.mark.parametrize("requests", ["wait", "at_once"])
def test_a_busy_device_asks_later_or_at_once_as_the_scenario_says(tmp_path: Path, requests: str) -> None:
    long = "fleet.0.compute.training_step=1 s"
    trigger = "method.trigger={kind: periodic, every: 10 s}"
    scenario = world("beside the cloud", long, trigger, f"method.learning.requests={requests}")
    run = played(tmp_path / "run", scenario)
    updates = rows(run, "update")
    late = updates["sent_s"] > updates["requested_s"]
    assert late.any() == (requests == "wait")


def test_a_round_is_one_call_of_the_method_with_the_reports_in_time(tmp_path: Path) -> None:
    run = played(tmp_path / "run", world("rounds"))
    reports, pushes = rows(run, "report"), rows(run, "push")
    reported = reports["outcome"] == "reported"
    groups = [sorted(call) for call in own_methods.Averaging.calls]
    assert len(groups) >= 3
    for number, group in enumerate(groups):
        mine = reported & (reports["round"] == number)
        assert sorted(reports["device"][mine].tolist()) == group
        assert len(np.unique(reports["served_s"][mine])) == 1
        assert (pushes["round"] == number).sum() == 30
    assert (reports["outcome"] == "rejected").any()
    # 80 % of 20 reports close a round, or 12 s do.
    assert all(len(group) == 16 for group in groups if len(group) >= 16)
    began_s = [pushes["requested_s"][pushes["round"] == number][0] for number in range(len(groups))]
    assert np.allclose(began_s, 15.0 * np.arange(1, len(groups) + 1))


def test_an_update_that_nothing_follows_expires_in_time(tmp_path: Path) -> None:
    blind = ["fleet.0.devices=0", "method.trigger={kind: at, times: [20 s]}", "drift=[]", "links.lte.loss=0 %"]
    trained = ["task.pretrain.epochs=60", "task.data.history=3000", "fleet.1.samples={rate: 20 /s}", "tick=1 s"]
    run = played(tmp_path / "run", world("expiry", *blind, *trained))
    [landed_s] = np.unique(np.round(run.exchanges["installed_s"], 3))
    windows = run.windows
    mine = windows["cohort"] == "b"
    t_s, share = windows["t_s"][mine], windows["correct"][mine] / windows["samples"][mine]
    blank = (t_s > landed_s + 1.0) & (t_s < landed_s + 7.0)
    before, after = t_s < landed_s - 1.0, t_s > landed_s + 8.0
    # A head of zeros gives every sample the first class.
    assert share[blank].mean() < 0.6
    assert min(share[before].mean(), share[after].mean()) > 0.7


def test_methods_are_refused_what_they_cannot_do() -> None:
    own = [*WORLD, "method.adapter={kind: intellectreq, around: cloud_ft, pairs: 64, steps: 2}", LEARNING]
    with pytest.raises(ScenarioErrors, match="'cloud_ft' does not learn on the device"):
        load(scenario_of("gaussians"), own)
    with pytest.raises(ScenarioErrors, match="'cloud_ft' does not learn on the device; leave it out"):
        load(scenario_of("gaussians"), [*WORLD, "method.adapter=cloud_ft", LEARNING])
    with pytest.raises(ScenarioErrors, match="'cloud_ft' takes part in no rounds; write for example"):
        load(scenario_of("gaussians"), [*WORLD, "method.adapter=cloud_ft", ROUNDS])
