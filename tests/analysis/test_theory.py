"""The analytic twin: what closed forms say stands beside what is seen, and a warning where the two part."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

import analysis
import run_sim
from analysis.figures import accuracy
from analysis.figures.response import draw
from analysis.sweeps import as_sweep, open_folder
from analysis.theory import courses, partings, twins
from sim.verify import quadratic_rounds

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


AVERAGED = """\
version: 1
name: averaged
duration: 4 min
tick: 10 s
task: {data: {kind: gaussians, distance: 2.0}, model: logistic, pretrain: {epochs: 0}}
fleet:
- {cohort: phones, devices: 60, samples: {every: 1 s, arrivals: periodic}, labels: {share: 100 %}, link: lte}
- {cohort: cars, devices: 20, samples: {every: 500 ms, arrivals: periodic}, labels: {share: 100 %}, link: lte}
drift:
- {at: 0 s, kind: sudden, to: {labels: {dirichlet: 0.5}}}
- {at: 2 min, kind: sudden, cohort: phones, share: 50 %, to: {rotate: 60 deg, shift: 1}}
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method:
  adapter: {kind: fedprox, loss: squared, window: 20, steps: 5, batch: 4, rate: 0.1, prox: 0.1}
  trigger: {kind: rounds, every: 20 s, cohort_size: 80}
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
    console = Console(record=True, width=400)
    analysis.print_comparison(sweep, console)
    assert "warning: fifo · 5 /s: " in console.export_text()


def test_the_static_model_on_turning_classes_has_the_accuracy_of_theory(tmp_path: Path) -> None:
    sweep = as_sweep(open_folder(played(tmp_path, TURNING, "run")))
    (twin,) = twins(sweep.groups[0])
    assert twin.form == "static_gaussians"
    assert twin.seen.mean == pytest.approx(twin.value, abs=0.01)
    assert not twin.parts


def test_averaging_of_parabolas_goes_as_theory_says(tmp_path: Path) -> None:
    sweep = as_sweep(open_folder(played(tmp_path, AVERAGED, "run")))
    (twin,), (course,) = twins(sweep.groups[0]), courses(sweep.groups[0])
    assert (twin.form, course.form) == ("fedavg_squared", "fedavg_squared")
    assert twin.seen.mean == pytest.approx(twin.value, abs=0.008)
    assert course.value.max() - course.value.min() > 0.1
    assert not list(partings(sweep))
    figure = accuracy.draw(sweep)
    assert figure is not None
    assert "theory" in figure.axes[0].get_legend_handles_labels()[1]


def test_a_wrong_rate_parts_from_theory_with_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = quadratic_rounds.Plan
    monkeypatch.setattr(quadratic_rounds, "Plan", lambda steps, batch, rate, *rest: plan(steps, batch, rate / 3, *rest))
    folder = played(tmp_path, AVERAGED, "run")
    (said,) = partings(as_sweep(open_folder(folder)))
    assert "theory (fedavg_squared) says " in said
    assert "they part from " in said
    assert said in (folder / "report.html").read_text().replace("&#x27;", "'")
