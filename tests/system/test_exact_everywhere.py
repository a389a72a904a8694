"""Law 1 in random worlds: lazy and eager play agree wherever messages are slow, lost, replaced or turned away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_scenarios import rough_worlds, triggers, worlds
from run_commands import RunScenario, assert_rows_equal

#: Tasks of drawn samples and small nets, without and with a trunk: what is exact here is a matter of order, not size.
DATA = [{"kind": "gaussians", "history": 500}, {"kind": "hyperplane", "history": 500}]
MODELS = ["logistic", {"kind": "mlp", "hidden": [6], "layers": 1}, {"kind": "mlp", "hidden": [16, 5], "layers": 2}]
ADAPTERS = [
    {"kind": "cloud_ft", "window": 4, "steps": 2},
    {"kind": "persona", "window": 4, "steps": 2, "group_steps": 5},
]
TURNS = {"gaussians": {"rotate": "90 deg"}, "hyperplane": {"boundary": "90 deg"}}


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, Any]:
    """Return worlds with samples and models, the links of either kind."""
    world = draw(st.one_of(worlds(), rough_worlds()))
    samples = {
        "samples": {"every": draw(st.sampled_from(["200 ms", "1 s", "9 s"]))},
        "labels": {"share": draw(st.sampled_from(["100 %", "30 %"])), "after": draw(st.sampled_from(["0 s", "4 s"]))},
    }
    every = {"kind": "every_samples", "n": draw(st.integers(1, 20))}
    trigger = draw(st.one_of(triggers(), st.just(every)))
    data, model = draw(st.sampled_from(DATA)), draw(st.sampled_from(MODELS))
    drift = [{"at": "6 s", "kind": "sudden", "to": TURNS[str(data["kind"])]}]
    method = {"adapter": draw(st.sampled_from(ADAPTERS)), "trigger": trigger, "in_flight": world["method"]["in_flight"]}
    fleet = [cohort | samples for cohort in world["fleet"]]
    times = {"duration": "30 s", "tick": draw(st.sampled_from(["1 s", "7 s", "30 s"]))}
    task = {"data": data, "model": model, "pretrain": {"epochs": 1}}
    return world | times | {"task": task, "drift": drift, "method": method, "fleet": fleet}


@settings(max_examples=8)
@given(world=tasks())
def test_lazy_and_eager_play_agree_in_some_worlds(play: RunScenario, world: dict[str, Any]) -> None:
    assert_agree(play, world)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=150)
@given(world=tasks())
def test_lazy_and_eager_play_agree_in_many_worlds(play: RunScenario, world: dict[str, Any]) -> None:
    assert_agree(play, world)


def assert_agree(play: RunScenario, world: dict[str, Any]) -> None:
    """Check that a scenario gives the same tables and the same digest, lazily and eagerly."""
    lazy, eager = play(world), play(world, eager=True)
    for name in ("exchanges", "devices", "windows", "links", "cloud"):
        assert_rows_equal(lazy.table(name), eager.table(name))
    assert lazy.digest == eager.digest


@pytest.mark.parametrize("tick", ["1 s", "7 s", "30 s"])
def test_ticks_change_no_prediction(play: RunScenario, tick: str) -> None:
    slow = ["links.lte.up=8 kbit/s", "method.adapter={kind: cloud_ft, window: 8, steps: 3}"]
    asks = ["method.trigger={kind: poisson, rate: 10 /min}", "duration=70 s", "fleet.0.devices=10"]
    fine, coarse = play("gaussians", *slow, *asks, "tick=10 s"), play("gaussians", *slow, *asks, f"tick={tick}")
    assert fine.summary["installed"] > 20
    assert_rows_equal(fine.table("devices"), coarse.table("devices"))
    assert_rows_equal(fine.exchanges, coarse.exchanges)


@pytest.mark.parametrize("adapter", ["{kind: cloud_ft, steps: 5}", "{kind: persona, steps: 20, group_steps: 5}"])
def test_a_device_may_ask_before_its_first_sample_or_never_have_one(play: RunScenario, adapter: str) -> None:
    chosen = [f"method.adapter={adapter}", "method.trigger={kind: at, times: [0 s, 20 s]}"]
    # It has nothing to tell, and gets back what says nothing: up to the next ask it is the base model.
    windows = play("digits", *chosen, "links.lte={up: 1 Gbit/s, down: 1 Gbit/s}").windows
    early = windows["t_s"] <= 20
    assert windows["correct"][early].tolist() == windows["correct_static"][early].tolist()
    silent = play("digits", *chosen, "fleet.0.samples={rate: 0 /s}").summary
    assert (silent["samples"], silent["accuracy"], silent["installed"]) == (0, None, 24)


def test_a_request_that_is_retried_is_adapted_to_anew(play: RunScenario) -> None:
    lossy = "links.lte={up: 1 Mbit/s, down: 1 Mbit/s, loss: 20 %, recovery: {arq: off, timeout: 500 ms, retries: 5}}"
    lazy, eager = play("digits", lossy, "tick=50 s"), play("digits", lossy, eager=True)
    again = lazy.exchanges["sent_s"] > lazy.exchanges["requested_s"]
    assert (again & (lazy.exchanges["outcome"] == "installed")).sum() > 10
    assert_rows_equal(lazy.table("devices"), eager.table("devices"))
