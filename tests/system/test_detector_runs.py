"""Runs whose devices ask by what detectors and gates say: one digest, however they are played."""

from __future__ import annotations

from pathlib import Path

import pytest
import test_resume_runs as cut_short
from run_commands import Run, RunScenario, assert_refused, cli, scenario_of

from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

SLOW_LINK = "links.lte={up: 3 kbit/s, down: 3 kbit/s, latency: {exponential: {mean: 300 ms}}}"
WORLD = [
    "fleet=[{cohort: a, devices: 270, link: lte, samples: {rate: 1 /s}, labels: {share: 60 %, after: 3 s}},"
    "{cohort: b, devices: 40, link: lte, samples: {every: 3 s}, labels: {share: 100 %}}]",
    SLOW_LINK,
    "drift.0.to={rotate: 90 deg}",
    "method.adapter={kind: cloud_ft, steps: 2, window: 8}",
    "task.data.history=300",
    "task.pretrain.epochs=3",
]
DETECTORS = {
    "page_hinkley": "signal: error, detector: {kind: page_hinkley, threshold: 1.5, minimum: 8}",
    "ddm": "signal: error, detector: {kind: ddm, minimum: 8, threshold: 2}",
    "ewma": "signal: entropy, detector: {kind: ewma, minimum: 8, threshold: 2}",
    "cusum": "signal: energy, detector: {kind: cusum, minimum: 8, threshold: 2}",
    "adwin": "signal: error, detector: {kind: adwin, delta: 0.9, clock: 2, part: 2, minimum: 4}",
    "kswin": "signal: margin, detector: {kind: kswin, window: 24, newest: 8, level: 0.1}",
    "score": "signal: score, detector: {kind: page_hinkley, threshold: 2, minimum: 8, mode: both}",
    "distance": "signal: embedding_distance, detector: {kind: ewma, minimum: 8, threshold: 2}",
}


def trigger(options: str) -> str:
    return f"method.trigger={{kind: detector, {options}, cooldown: 10 s, budget: {{asks: 2, per: 60 s}}}}"


@pytest.mark.parametrize("detector", DETECTORS)
def test_lazily_or_eagerly_alarms_are_the_same(play: RunScenario, detector: str) -> None:
    asked = [*WORLD, trigger(DETECTORS[detector])]
    lazy, eager = play("gaussians", *asked), play("gaussians", *asked, eager=True)
    assert lazy.digest == eager.digest
    assert len(lazy.exchanges["ticket"]) > 10


def play_with(scenario: object, folder: Path, how: RunOptions) -> Run:
    return Run(run_scenario(scenario, RunFolder.open(folder), how, lambda windows, marks: {}).folder)  # type: ignore[arg-type]


@pytest.mark.parametrize("tick", [2, 5])
def test_a_run_that_is_cut_short_in_the_middle_of_a_detectors_window_goes_on(tmp_path: Path, tick: int) -> None:
    drift = "drift.0.to={rotate: 90 deg}"
    whole = cut_short.begin(tmp_path / "whole", drift, trigger="recorded_orders:Alarmed")
    assert len(whole.exchanges["ticket"]) > 20
    cut_short.at(tick, cut_short.ctrl_c)
    with pytest.raises(cut_short.Interrupted):
        cut_short.begin(tmp_path / "cut", drift, trigger="recorded_orders:Alarmed")
    assert cut_short.resumed(tmp_path / "cut").digest == whole.digest


def test_alarms_follow_a_drift(play: RunScenario) -> None:
    detector = "signal: error, detector: {kind: page_hinkley, threshold: 6, minimum: 10}"
    method = f"method={{adapter: {{kind: cloud_ft, steps: 2, window: 8}}, trigger: {{kind: detector, {detector}}}}}"
    asked = ["fleet.0.samples={rate: 1 /s}", method]
    with_drift, without = (play("gaussians", *asked, f"drift.0.to={to}") for to in ("{rotate: 90 deg}", "{}"))
    asks, false_alarms = (len(run.exchanges["ticket"]) for run in (with_drift, without))
    assert asks > 3 * false_alarms


def test_a_gate_asks_for_those_that_would_gain(tmp_path: Path) -> None:
    interrupted = ["method.adapter={kind: 'gated:Gated', steps: 2, window: 8}", "drift.0.to={rotate: 90 deg}"]
    asked = [*WORLD, *interrupted, "method.trigger={kind: gate, quantile: 80 %, cooldown: 20 s}"]
    scenario = load(scenario_of("gaussians"), asked, allow_plugins=True)
    how = (RunOptions(quiet=True, plugins=True, eager=eager) for eager in (False, True))
    lazy, eager = (play_with(scenario, tmp_path / str(number), one) for number, one in enumerate(how))
    assert lazy.digest == eager.digest
    assert len(lazy.exchanges["ticket"]) > 10


def test_what_cannot_be_watched_is_refused(tmp_path: Path) -> None:
    file = scenario_of("gaussians")
    for words, parts in (
        (["method.trigger={kind: gate, threshold: 1}", "method.adapter=cloud_ft"], ["method.adapter", "no gate"]),
        (["method.trigger={kind: gate}", "method.adapter=cloud_ft"], ["method.trigger", "threshold, quantile"]),
        ([trigger("signal: loss, detector: ddm")], ["method.trigger.detector", "signals that fit: error"]),
        ([trigger("signal: eror, detector: ddm")], ["method.trigger.signal", "did you mean 'error'?"]),
    ):
        overrides = [part for word in words for part in ("--set", word)]
        done = cli("run", file, *overrides, "--quiet", "--out", tmp_path / "run", cwd=tmp_path)
        assert_refused(done.returncode, done.stdout, done.stderr, *parts)
