"""Whole nets on devices: learnt through a stack, in rows of their own where they change, and alike alone or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from whole_nets import OnDevice

from agents.build import draw_blueprint
from agents.contract import COHORT_COLUMNS, BackendError, CohortSpec, DriftSpec, FleetSpec
from agents.fleet.block_group import BlockGroup
from agents.fleet.device_state import DeviceStates
from agents.methods.base import Recent
from agents.models.batched import DenseNet
from agents.models.making import make_net
from agents.pools.blueprint import Blueprint

DEVICES = 6
WORLDS: dict[str, dict[str, Any]] = {
    "FineTune": {
        "data": "gaussians",
        "data_options": {"history": 400, "distance": 4.0},
        "model": "mlp",
        "model_options": {"hidden": (16, 16)},
        "drift": (DriftSpec("sudden", 20.0, to={"rotate": 180.0}),),
    },
    "Tent": {
        "data": "digits",
        "data_options": {},
        "model": "cnn",
        "model_options": {"channels": (4, 8), "hidden": (16, 16)},
        "drift": (DriftSpec("sudden", 20.0, to={"contrast": 0.4, "brightness": 0.3}),),
    },
}


@pytest.fixture(params=WORLDS)
def blueprint(request: pytest.FixtureRequest) -> Blueprint:
    world = WORLDS[request.param]
    return draw_blueprint(
        FleetSpec(
            seed=3,
            duration_s=400.0,
            tick_s=10.0,
            pretrain={"epochs": 3},
            cohorts=(CohortSpec("phones", DEVICES, 1.0, "periodic", 1.0, lambda uniform: 0.0 * uniform),),
            adapter=f"whole_nets:{request.param}",
            adapter_options={},
            codec="fp32",
            references=("static",),
            **world,
        )
    )


def correct(stack: BlockGroup) -> dict[str, int]:
    reported = stack.take_tallies().sum(0)
    return {name: int(reported[COHORT_COLUMNS.index(name)]) for name in ("samples", "correct", "correct_static")}


def collect(stack: BlockGroup, rows: list[int], at_s: float) -> None:
    index = np.array(rows)
    stack.install(index, np.full(len(rows), at_s), index, {})
    stack.collect(index, np.full(len(rows), at_s), index)
    stack.confirm(index, index)


def rows_of(stack: BlockGroup) -> dict[str, torch.Tensor]:
    return {name: values.clone() for name, values in stack.state.of(np.arange(DEVICES)).items()}


def test_devices_that_learn_beat_the_base_after_drift(blueprint: Blueprint) -> None:
    [stack] = blueprint.build()
    for at_s in (40.0, 60.0, 80.0, 100.0):
        collect(stack, list(range(DEVICES)), at_s)
    stack.close(100.0)
    correct(stack)
    stack.close(300.0)
    after = correct(stack)
    assert after["samples"] >= 150 * DEVICES
    assert after["correct"] > after["correct_static"]


def test_only_what_is_learnt_gets_a_row_for_each_device(blueprint: Blueprint) -> None:
    [stack] = blueprint.build()
    method = blueprint.parts[0].method
    assert isinstance(method, OnDevice)
    collect(stack, [1], 40.0)
    changes = "all" if isinstance(method.whole, DenseNet) else "norm"
    learnt = set(method.whole.trainable(changes))
    learnt |= {name for name in blueprint.cloud if "running" in name or "tracked" in name}
    kept = stack.state.of(np.array([0, 1]))
    own = {name for name in kept if kept[name].stride(0)}
    assert own == learnt
    before = stack.state.of(np.array([0]))
    assert all(torch.equal(before[name], blueprint.cloud[name]) for name in before)


def test_learning_one_by_one_is_learning_together_to_the_bit(blueprint: Blueprint) -> None:
    together, alone = blueprint.build()[0], blueprint.build()[0]
    collect(together, [4, 0, 2], 45.0)
    for device in (0, 2, 4):
        collect(alone, [device], 45.0)
    one, other = rows_of(together), rows_of(alone)
    assert all(torch.equal(one[name], other[name]) for name in one)
    for stack in (together, alone):
        stack.close(60.0)
    assert np.array_equal(together.take_tallies(), alone.take_tallies())


def test_a_stack_comes_back_from_a_checkpoint(blueprint: Blueprint) -> None:
    stack, again = blueprint.build()[0], blueprint.build()[0]
    collect(stack, [1, 3], 35.0)
    stack.close(40.0)
    stack.take_tallies()
    again.restore(stack.checkpoint())
    for one in (stack, again):
        collect(one, [3, 5], 55.0)
        one.close(90.0)
    assert np.array_equal(stack.take_tallies(), again.take_tallies())
    one, other = rows_of(stack), rows_of(again)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_window_has_its_own_raw_input_and_the_newest_samples_beside_the_labelled(
    blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    [stack] = blueprint.build()
    seen: list[Recent] = []
    method = blueprint.parts[0].method
    monkeypatch.setattr(method, "learn", lambda state, recent: (seen.append(recent), (state, recent.count))[1])
    collect(stack, [2, 4], 40.0)
    [recent] = seen
    shape = blueprint.parts[0].task.input_shape
    assert recent.raw.shape == (2, method.window, *shape)
    assert recent.unlabelled.raw.shape == recent.raw.shape
    # All labels are due at once here, so that both windows are the same samples.
    assert torch.equal(recent.unlabelled.raw, recent.raw)
    assert torch.equal(recent.unlabelled.label, recent.label)


def test_state_that_would_not_fit_is_refused_with_its_size_and_the_knob(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTBED_STATE_GB", "0.001")
    rows = DeviceStates({"w": torch.zeros(1, 1000), "v": torch.zeros(1, 10)}, 300, shared=False)
    rows.put(np.array([1]), {"v": torch.ones(1, 10)})
    with pytest.raises(
        BackendError, match=r"0\.00121 GB, above the limit of 0\.001 GB.*fewer devices.*DRIFTBED_STATE_GB"
    ):
        rows.put(np.array([1]), {"w": torch.ones(1, 1000)})


def test_normalisation_of_a_mobilenet_costs_a_device_little() -> None:
    net = make_net("mobilenet_v3_small", (3, 32, 32), 10, {})
    trunk = net.build_trunk()
    params, buffers = net.batched.params(trunk, {}), net.batched.buffers(trunk)
    norm = [params[name] for name in net.batched.trainable("norm")]
    assert len(norm) == 2 * 34
    assert sum(values.nbytes for values in [*norm, *buffers.values()]) < 0.2e6
    assert sum(values.nbytes for values in params.values()) > 3e6
    with pytest.raises(ValueError, match="'norm' is empty"):
        make_net("mlp", (4,), 3, {}).batched.trainable("norm")
    with pytest.raises(ValueError, match="known are head, norm, all"):
        net.batched.trainable("trunk")
