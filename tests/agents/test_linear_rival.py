"""A linear model beside the base: counted sample by sample, and a warning only beyond chance."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest
import torch

from agents.linear_rival import compared
from sim.commands.line import main

SCENARIO = """\
version: 1
duration: 100 s
task: {{data: {data}, model: {model}, pretrain: {{epochs: {epochs}}}}}
fleet: [{{cohort: phones, devices: 3, samples: {{every: 1 s}}, link: lte}}]
links: {{lte: {{up: 5 Mbit/s, down: 12 Mbit/s}}}}
method: {{adapter: static}}
"""


def test_the_interval_is_that_of_paired_differences_by_hand() -> None:
    base = torch.tensor([True] * 70 + [False] * 30)
    linear = torch.tensor([True] * 60 + [False] * 10 + [True] * 20 + [False] * 10)
    found = compared(base, linear)
    # 20 samples are gained, 10 lost, of 100: mean .1, variance (30 - 100 * .01) / 99.
    wide = 1.96 * sqrt((30 - 1.0) / 99) / 10
    assert (found.base, found.linear, found.samples) == (pytest.approx(0.7), pytest.approx(0.8), 100)
    assert (found.low, found.high) == (pytest.approx(0.1 - wide), pytest.approx(0.1 + wide))
    assert not found.ahead


def test_equal_models_are_never_ahead_and_better_ones_are() -> None:
    right = torch.rand(500) < 0.8
    assert not compared(right, right).ahead
    assert compared(torch.zeros(500, dtype=torch.bool), right).ahead


@pytest.mark.parametrize(
    ("model", "epochs", "warned"), [("{kind: mlp, hidden: [4, 4]}", 0, True), ("logistic", 60, False)]
)
def test_validate_warns_where_a_linear_model_is_better(
    model: str, epochs: int, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SCENARIO.format(data="gaussians", model=model, epochs=epochs), "utf-8")
    assert main(["validate", str(file), "--train"], "driftbed") == 0
    out, err = capsys.readouterr()
    assert ("a linear model is better than 'mlp'" in err) == warned
    assert ("linear model: linear minus base" in out) != warned


def test_rankers_and_scenarios_without_a_task_have_no_linear_rival(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SCENARIO.format(data="synthetic_interactions", model="gru4rec", epochs=1), "utf-8")
    assert main(["validate", str(file), "--train"], "driftbed") == 0
    assert "no linear model is trained" in capsys.readouterr().err
