"""Sections against each other: what would fail once a run is built is refused before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import ScenarioErrors, load

GAUSSIANS = """\
version: 1
duration: 60 s
task: {data: {kind: gaussians, history: 300}, model: logistic}
fleet: [{cohort: a, devices: 3, samples: {every: 1 s}, labels: {share: 100 %}, link: l}]
links: {l: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: {kind: cloud_ft, steps: 1, window: 8}, trigger: {kind: periodic, every: 20 s}}
"""
_LEARNS = "method={adapter: device_ft, learning: {trigger: {kind: %s}}}"


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["task.model=cnn"], "'cnn' does not fit data 'gaussians'; these do: mlp, logistic, late_fusion"),
        (["task.model=sasrec"], "'sasrec' does not fit data 'gaussians'; these do: mlp, logistic, late_fusion"),
        (["method.adapter={kind: by_cause, attributes: {b: [rain]}}"], "attributes.b: there is no cohort 'b'"),
        (["method.adapter={kind: persona, uplink: ids}"], "uplink: 'ids' does not go with 'logistic'"),
        (["method.adapter={kind: solid, patch: 2}"], "patch: only images have patches"),
        (
            [
                "task={data: synthetic_interactions, model: sasrec}",
                "method={adapter: {kind: device_ft, learns: all}, learning: {trigger: {kind: periodic, every: 10 s}}}",
            ],
            "learns: 'sasrec' ranks items",
        ),
        (
            ["task={data: {kind: synthetic_interactions, window: 1025}, model: sasrec}", "method.adapter=static"],
            "1,025 clicks are more than 'sasrec' reads, 1,024",
        ),
        (["method.sizes={payload: 1 kB}", "method.codec=rice"], "choose another codec than 'rice'"),
        (
            ["method.sizes={payload: 1 kB}", "method.codec={kind: delta, numbers: {kind: topk, threshold: 0.1}}"],
            "choose another codec than 'delta'",
        ),
        ([_LEARNS % "rounds, every: 10 s, cohort_size: 3"], "learning.trigger: devices learn by themselves"),
        ([_LEARNS % "gate, threshold: 0"], "learning.trigger: 'device_ft' has no gate of its own"),
    ],
)
def test_what_no_run_could_play_is_refused_at_once(tmp_path: Path, overrides: list[str], said: str) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(GAUSSIANS, encoding="utf-8")
    load(file, ["method.sizes={payload: 1 kB}", "method.codec={kind: delta, numbers: topk}"])
    with pytest.raises(ScenarioErrors) as caught:
        load(file, overrides)
    assert said in str(caught.value)
