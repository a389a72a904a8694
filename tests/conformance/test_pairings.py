"""Which components go together is read from the tables; what does not is refused by one sentence, when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.codecs import CODECS
from agents.methods import METHODS
from agents.models import MODELS
from agents.tasks import TASKS
from sim.scenario import ScenarioErrors, load
from sim.triggers import TRIGGERS

EMBEDDED = [name for name, row in TASKS.items() if not row.is_file and name != "river"]
TASK = """\
version: 1
duration: 1 min
task: {{data: {data}, model: {model}}}
fleet: [{{cohort: phones, devices: 3, samples: {{every: 1 s}}, link: lte}}]
links: {{lte: {{up: 1 Mbit/s, down: 1 Mbit/s}}}}
"""
TIMING = """\
version: 1
duration: 1 min
task: none
fleet: [{cohort: phones, devices: 3, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: TRIGGER}
"""


def refusal(folder: Path, text: str) -> str:
    """Return what is wrong with a scenario, or nothing."""
    (folder / "paired.yaml").write_text(text, "utf-8")
    try:
        load(folder / "paired.yaml")
    except ScenarioErrors as errors:
        return str(errors)
    return ""


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("data", EMBEDDED)
def test_a_net_goes_with_data_that_give_what_it_needs(tmp_path: Path, data: str, model: str) -> None:
    said = refusal(tmp_path, TASK.format(data=data, model=model))
    if MODELS[model].needs <= TASKS[data].gives:
        assert said == ""
    else:
        assert f"task.model: '{model}' does not fit data '{data}'; these do: " in said


@pytest.mark.parametrize(
    ("trigger", "why"),
    [
        ("never", None),
        ("{kind: poisson, rate: 1 /min}", None),
        ("{kind: every_samples, n: 3}", "watches samples"),
        ("{kind: rounds, every: 60 s, cohort_size: 2}", "calls devices that learn"),
    ],
)
def test_a_trigger_that_watches_or_teaches_needs_a_task(tmp_path: Path, trigger: str, why: str | None) -> None:
    kind = trigger.split(",")[0].removeprefix("{kind: ")
    said = refusal(tmp_path, TIMING.replace("TRIGGER", trigger))
    assert ("task" in TRIGGERS[kind].needs) == (why is not None)
    assert (f"'trigger: {kind}' {why}; with 'task: none' there are none" in said) == (why is not None)


@pytest.mark.parametrize("key", ["codec", "update_codec"])
def test_a_probe_takes_no_codec(tmp_path: Path, key: str) -> None:
    timing = TIMING.replace("TRIGGER", "never").replace("trigger: never", f"trigger: never, {key}: int8")
    assert f"method.{key}: a probe sends bytes, which no codec makes fewer; leave it out" in refusal(tmp_path, timing)


def test_an_oracle_needs_data_that_know_the_best_answer(tmp_path: Path) -> None:
    river = TASK.format(data="{kind: river, stream: Agrawal}", model="logistic")
    assert refusal(tmp_path, river) == ""
    said = refusal(tmp_path, river + "references: [static, oracle_bayes]\n")
    assert (
        "references.1: 'river' has no 'oracle_bayes': its law is not known; "
        "write for example 'references: [static]'" in said
    )


def test_a_method_that_ranks_needs_items(tmp_path: Path) -> None:
    said = refusal(tmp_path, TASK.format(data="gaussians", model="logistic") + "method: {adapter: lsc4rec}\n")
    assert "'lsc4rec' needs items, which 'gaussians' has not; write for example 'data: synthetic_interactions" in said


def test_a_method_of_classes_is_refused_where_items_are_ranked(tmp_path: Path) -> None:
    method = "method: {adapter: tent, learning: {trigger: {kind: periodic, every: 9 s}}}\n"
    said = refusal(tmp_path, TASK.format(data="synthetic_interactions", model="sasrec") + method)
    assert "'tent' needs classes, which 'synthetic_interactions' has not; write for example 'data: digits" in said


def paired(adapter: str, codecs: str) -> str:
    """Return a scenario in which messages of a method are coded so."""
    needed = {
        "learning": ", learning: {trigger: {kind: periodic, every: 9 s}}",
        "rounds": ", trigger: {kind: rounds, every: 30 s, cohort_size: 2}",
    }
    more = "".join(text for need, text in needed.items() if need in METHODS[adapter].needs)
    ranks = "items" in METHODS[adapter].needs
    data, model = ("synthetic_interactions", "gru4rec") if ranks else ("gaussians", "mlp")
    return TASK.format(data=data, model=model) + f"method: {{adapter: {adapter}, {codecs}{more}}}\n"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("adapter", METHODS)
def test_a_codec_that_needs_differences_goes_with_methods_that_send_them(
    tmp_path: Path, adapter: str, codec: str
) -> None:
    needs, gives = "differences" in CODECS[codec].needs, METHODS[adapter].gives
    whole = [one for one in ("payload", "update") if f"{one} differences" not in gives]
    fits = not needs or not whole or "silence" in gives
    for key in ("codec", "update_codec"):
        said = refusal(tmp_path, paired(adapter, f"{key}: {codec}"))
        if fits or (key == "update_codec" and "update" not in whole):
            assert said == ""
        else:
            sent = " and ".join(f"{one}s" for one in whole) if key == "codec" else "updates"
            remedy = f"write '{key}: {{kind: delta, numbers: {codec}}}'"
            assert f"method.{key}: '{codec}' needs differences, and '{adapter}' sends whole states as {sent}; " in said
            assert remedy in said
        remedied = paired(adapter, f"{key}: {{kind: delta, numbers: {codec}}}")
        assert (refusal(tmp_path, remedied) == "") == (codec != "delta")
    both = paired(adapter, f"codec: {codec}, update_codec: fp32")
    assert (refusal(tmp_path, both) == "") == (fits or "payload" not in whole)


def test_the_remedy_keeps_the_options_of_a_codec(tmp_path: Path) -> None:
    said = refusal(tmp_path, paired("cloud_ft", "update_codec: {kind: topk, share: 5 %}"))
    assert "write 'update_codec: {kind: delta, numbers: {kind: topk, ...}}'" in said


@pytest.mark.parametrize(("data", "named"), [("digits", "oracle_head"), ("gaussians", "oracle_bayes")])
def test_the_oracle_of_the_data_is_named_for_what_it_is(tmp_path: Path, data: str, named: str) -> None:
    (tmp_path / "named.yaml").write_text(
        TASK.format(data=data, model="logistic") + "references: [static, oracle]\n", "utf-8"
    )
    assert load(tmp_path / "named.yaml").references == ["static", named]


def test_a_reference_that_the_data_cannot_give_is_refused(tmp_path: Path) -> None:
    digits = TASK.format(data="digits", model="logistic")
    assert "'digits' has no 'popularity': it has no items" in refusal(tmp_path, digits + "references: [popularity]\n")
