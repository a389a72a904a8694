"""The analytic twin: what closed forms say stands beside what is seen, and a warning where the two part."""

from __future__ import annotations

from pathlib import Path

import pytest

import analysis
import run_sim
from analysis.figures.response import draw
from analysis.sweeps import as_sweep, open_folder
from analysis.theory import partings, twins

pytestmark = pytest.mark.whole

QUEUES = """\
version: 1
name: queues
duration: 5 min
tick: 30 s
task: none
fleet: [{cohort: phones, devices: 10, link: line}]
links: {line: {up: 100 kbit/s, down: 1 Gbit/s, discipline: lcfs}}
method:
  adapter: {kind: probe, payload: {exponential: {mean: 1.25 kB}}, update: 0 B}
  trigger: {kind: poisson, rate: 5 /s}
  in_flight: replace
sweep: {seeds: 2, grid: {links.line.discipline: [lcfs, fifo], method.trigger.rate: [2 /s, 5 /s]}}
"""
TURNING = """\
version: 1
name: turning
duration: 4 min
tick: 10 s
task: {data: {kind: gaussians, distance: 3.0, rotate: 15 deg/min}, model: logistic, pretrain: {epochs: 10}}
fleet: [{cohort: phones, devices: 100, samples: {every: 1 s}, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
references: [static]
"""


def played(tmp_path: Path, text: str, command: str) -> Path:
    file, out = tmp_path / "world.yaml", tmp_path / "out"
    file.write_text(text)
    assert run_sim.main([command, str(file), "--out", str(out), "--quiet"]) == 0
    return out


def test_theory_stands_beside_what_is_seen_and_says_where_it_parts(tmp_path: Path) -> None:
    sweep = as_sweep(open_folder(played(tmp_path, QUEUES, "sweep")))
    found = {group.label: twins(group) for group in sweep.groups}
    assert {label: [twin.form for twin in each] for label, each in found.items()} == {
        "lcfs · 2 /s": ["age_lcfs"],
        "lcfs · 5 /s": ["age_lcfs"],
        "fifo · 2 /s": ["age_fifo"],
        "fifo · 5 /s": ["age_fifo"],
    }
    # E[S] + 1 / rate, with a tenth of a second a message.
    assert found["lcfs · 5 /s"][0].value == pytest.approx(0.3)
    said = list(partings(sweep))
    # In order, devices install no reply to a request that a later one replaced: theory counts every message.
    assert [sentence.split(":")[0] for sentence in said if "fifo · 5" in sentence] == ["fifo · 5 /s"]
    assert not [sentence for sentence in said if "lcfs" in sentence]
    figure = draw(sweep, "mean_age_s")
    assert figure is not None
    assert "theory" in [text for axes in figure.axes for text in axes.get_legend_handles_labels()[1]]
    assert any("theory (age_fifo)" in one for one in analysis.takeaways.takeaways(sweep, analysis.comparison(sweep)))


def test_the_static_model_on_turning_classes_has_the_accuracy_of_theory(tmp_path: Path) -> None:
    sweep = as_sweep(open_folder(played(tmp_path, TURNING, "run")))
    (twin,) = twins(sweep.groups[0])
    assert twin.form == "static_gaussians"
    assert twin.seen.mean == pytest.approx(twin.value, abs=0.01)
    assert not twin.parts
