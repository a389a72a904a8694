"""What a method needs and gives counts within a gate as it does alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.methods import ASKING
from agents.tasks import TASKS
from sim.scenario import ScenarioErrors, load

Write = Callable[..., Path]

LEARNING = "learning: {trigger: {kind: periodic, every: 9 s}}"
SCENARIO = """\
version: 1
duration: 1 min
task: {{data: {data}, model: {model}}}
fleet: [{{cohort: phones, devices: 3, samples: {{every: 1 s}}, link: lte}}]
links: {{lte: {{up: 1 Mbit/s, down: 1 Mbit/s}}}}
method: {{adapter: {adapter}, trigger: {{kind: periodic, every: 20 s}}{more}}}
"""
CLASSES, ITEMS = ("gaussians", "mlp"), ("synthetic_interactions", "gru4rec")


def scenario(adapter: str, world: tuple[str, str] = CLASSES, *more: str) -> str:
    data, model = world
    return SCENARIO.format(data=data, model=model, adapter=adapter, more="".join(f", {one}" for one in more))


def gated(inner: str) -> str:
    return f"{{kind: intellectreq, around: {inner}}}"


def refusal(write: Write, text: str) -> str:
    """Return what is wrong with a scenario, or nothing."""
    try:
        load(write(text))
    except ScenarioErrors as errors:
        return str(errors)
    return ""


@pytest.mark.parametrize("inner", ["cola", "first_aid_then_cloud", "{kind: fedasync, steps: 3}"])
def test_what_learns_within_a_gate_needs_learning(write: Write, inner: str) -> None:
    kind = inner.removeprefix("{kind: ").partition(",")[0]
    said = refusal(write, scenario(gated(inner)))
    remedy = "write for example 'learning: {trigger: {kind: periodic, every: 60 s}}'"
    assert "small.yaml:6:" in said
    assert f"method.adapter.around: '{kind}' learns on the device; {remedy}" in said
    assert refusal(write, scenario(gated(inner), CLASSES, LEARNING)) == ""


def test_a_gate_around_what_does_not_learn_does_not_learn(write: Write) -> None:
    said = refusal(write, scenario(gated("duet"), CLASSES, LEARNING))
    assert "method.learning: 'duet' does not learn on the device; leave it out" in said
    said = refusal(write, scenario("lsc4rec", ITEMS, LEARNING))
    assert "method.learning: 'lsc4rec' does not learn on the device; leave it out" in said


@pytest.mark.parametrize("world", [CLASSES, ITEMS], ids=lambda world: world[0])
@pytest.mark.parametrize("inner", ASKING)
def test_a_gate_is_refused_where_what_it_is_around_is(write: Write, inner: str, world: tuple[str, str]) -> None:
    needs, data = ASKING[inner].needs, world[0]
    more = [LEARNING] if "learning" in needs else []
    wanting = "classes" in needs - TASKS[data].gives
    for place, adapter in (("adapter", inner), ("adapter.around", gated(inner))):
        said = refusal(write, scenario(adapter, world, *more))
        if wanting:
            assert f"method.{place}: '{inner}' needs classes, which '{data}' has not; write for example 'data: " in said
        else:
            assert said == ""


def test_a_gate_sends_differences_where_what_it_is_around_does(write: Write) -> None:
    for adapter in ("persona", gated("persona")):
        assert refusal(write, scenario(adapter, CLASSES, "update_codec: topk")) == ""
    said = refusal(write, scenario(gated("duet"), CLASSES, "update_codec: topk"))
    assert "method.update_codec: 'topk' needs differences, and 'intellectreq' sends whole states as updates" in said
    said = refusal(write, scenario(gated("persona"), CLASSES, "codec: topk"))
    assert "method.codec: 'topk' needs differences, and 'intellectreq' sends whole states as payloads" in said


def test_a_codec_that_remembers_needs_every_update(write: Write) -> None:
    adapter = "{kind: persona, reply: number, brings: when_changed}"
    for place in (adapter, gated(adapter)):
        for codecs in ("codec: int8", "codec: {kind: int4, rounding: nearest}", "codec: codebook"):
            assert refusal(write, scenario(place, CLASSES, codecs)) == ""
        for codecs in ("codec: int4", "update_codec: delta", "update_codec: topk"):
            key, kind = codecs.split(": ")
            said = refusal(write, scenario(place, CLASSES, codecs))
            assert (
                f"method.{key}: '{kind}' remembers what it sent, and 'brings: when_changed' leaves prototypes" in said
            )
