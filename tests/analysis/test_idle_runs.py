"""A run in which nothing happened says so, on terminal and in report; one that was meant to be still does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import open_folder, print_comparison, write_report
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

pytestmark = pytest.mark.whole

SCENARIO = """\
version: 1
duration: 1 min
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 2, link: access%s}]
links: {access: {up: 1 Mbit/s, down: 1 Mbit/s, latency: 1 ms, loss: %s, recovery: {arq: off}}}
method:
  adapter: {kind: probe, payload: 1 kB, update: 1 kB}
  trigger: %s
"""
AWAY = ", availability: {trace: {file: there.csv, end: once, offset: 2 h}}"
ASKS, NEVER = "{kind: periodic, every: 10 s, phase: 1 s}", "never"
CASES = {
    "all away": (AWAY, "0 %", ASKS, "No device asked the cloud: all were away whenever they were to ask."),
    "all lost": ("", "100 %", ASKS, "No device was updated: its requests ended lost."),
    "asks too late": ("", "0 %", "{kind: periodic, every: 1 h, phase: 30 min}", "the trigger never fired"),
    "never asks": ("", "0 %", NEVER, ""),
    "usual": ("", "0 %", ASKS, ""),
}


@pytest.mark.parametrize("what", CASES)
def test_a_run_in_which_nothing_happened_says_so(tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    fleet, loss, trigger, said = CASES[what]
    (tmp_path / "there.csv").write_text("a 0 60\nb 10 30\n", encoding="utf-8")
    (tmp_path / "s.yaml").write_text(SCENARIO % (fleet, loss, trigger), encoding="utf-8")
    folder = RunFolder.open(tmp_path / "run", force=False)
    run_scenario(load(tmp_path / "s.yaml"), folder, RunOptions(quiet=True), lambda windows, marks: {})
    print_comparison(open_folder(tmp_path / "run"))
    shown = " ".join(capsys.readouterr().out.split())
    report = write_report([tmp_path / "run"]).read_text(encoding="utf-8")
    if said:
        assert f"warning: {said}" in shown or said in shown
        assert said in report
    else:
        assert "No device" not in shown
        assert "No device" not in report


def test_a_run_that_learns_from_labels_and_gets_none_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = SCENARIO % ("", "0 %", ASKS)
    scenario = scenario.replace("task: none", "task: {data: gaussians, model: logistic, pretrain: {epochs: 1}}")
    scenario = scenario.replace("{kind: probe, payload: 1 kB, update: 1 kB}", "cloud_ft")
    (tmp_path / "s.yaml").write_text(scenario.replace("link: access", "link: access, samples: {every: 1 s}"), "utf-8")
    folder = RunFolder.open(tmp_path / "run", force=False)
    run_scenario(load(tmp_path / "s.yaml"), folder, RunOptions(quiet=True), lambda windows, marks: {})
    print_comparison(open_folder(tmp_path / "run"))
    said = "No device got a label, without which cloud_ft cannot learn."
    assert said in " ".join(capsys.readouterr().out.split())
    assert said in write_report([tmp_path / "run"]).read_text(encoding="utf-8")
