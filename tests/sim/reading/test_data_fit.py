"""What a method asks of the data is checked as a scenario is read, at the place of the option."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.contract import InputError
from sim.reading import read_scenario
from sim.scenario import load

TEXT = """
version: 1
name: fit
duration: 1 min
tick: 10 s
task: {{data: {data}, model: {model}}}
fleet: [{{cohort: phones, devices: 2, samples: {{every: 1 s}}, link: lte}}]
links: {{lte: {{up: 1 Mbit/s, down: 1 Mbit/s, latency: 10 ms}}}}
method: {{adapter: {adapter}, trigger: {{kind: {trigger}}}}}
"""
PERIODIC = "periodic, every: 30 s"


@pytest.mark.parametrize(
    ("data", "model", "adapter", "trigger", "place", "said"),
    [
        (
            "digits",
            "mlp",
            "{kind: solid, patch: 5}",
            PERIODIC,
            "method.adapter.patch",
            "5 does not divide images of 8 x 8",
        ),
        (
            "digits",
            "mlp",
            "{kind: intellectreq, around: {kind: solid, patch: 3}}",
            "gate, threshold: 0.9",
            "method.adapter.around.patch",
            "3 does not divide images of 8 x 8",
        ),
        (
            "{kind: synthetic_interactions, items: 120}",
            "gru4rec",
            "{kind: lsc4rec, candidates: 121}",
            PERIODIC,
            "method.adapter.candidates",
            "121 is more than there are items: 120",
        ),
        (
            "digits",
            "{kind: mlp, hidden: [48, 24], layers: 1}",
            "{kind: cdc_mmpg, views: [12, 14]}",
            PERIODIC,
            "method.adapter.views",
            r"\[12, 14\] are 26 columns; the net gives 24",
        ),
        (
            "digit_pairs",
            "late_fusion",
            "{kind: intellectreq, around: {kind: cdc_mmpg, views: [16, 32]}}",
            "gate, threshold: 0.9",
            "method.adapter.around.views",
            r"\[16, 32\] are 48 columns; the net gives 32",
        ),
        (
            "digit_pairs",
            "logistic",
            "{kind: cdc_mmpg, views: [64, 63]}",
            PERIODIC,
            "method.adapter.views",
            r"\[64, 63\] are 127 columns; the net gives 128",
        ),
        (
            "digit_pairs",
            "mlp",
            "{kind: cdc_mmpg, missing: 0.3}",
            PERIODIC,
            "method.adapter.missing",
            "has no effect with one view",
        ),
    ],
)
def test_what_the_data_do_not_have_is_refused_at_its_place(
    tmp_path: Path, data: str, model: str, adapter: str, trigger: str, place: str, said: str
) -> None:
    file = tmp_path / "fit.yaml"
    file.write_text(TEXT.format(data=data, model=model, adapter=adapter, trigger=trigger), encoding="utf-8")
    with pytest.raises(InputError, match=said) as refused:
        read_scenario(load(file))
    assert refused.value.about == place


@pytest.mark.parametrize(
    ("data", "model", "adapter"),
    [
        ("digits", "mlp", "{kind: solid, patch: 4}"),
        ("{kind: synthetic_interactions, items: 120}", "gru4rec", "{kind: lsc4rec, candidates: 120}"),
        ("digits", "{kind: mlp, hidden: [48, 24], layers: 1}", "{kind: cdc_mmpg, views: [12, 12], missing: 0.3}"),
        ("digit_pairs", "late_fusion", "{kind: cdc_mmpg, missing: 0.3}"),
        ("digit_pairs", "logistic", "{kind: cdc_mmpg, views: [64, 64]}"),
    ],
)
def test_what_the_data_have_is_read(tmp_path: Path, data: str, model: str, adapter: str) -> None:
    file = tmp_path / "fit.yaml"
    file.write_text(TEXT.format(data=data, model=model, adapter=adapter, trigger=PERIODIC), encoding="utf-8")
    assert "data" in read_scenario(load(file))
