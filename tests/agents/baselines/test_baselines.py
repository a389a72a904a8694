"""The baselines of the bench are fair: the naive design runs the same scenario, bare torch the same net."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.baselines.bare_torch import DEVICES, SAMPLES, forward
from agents.baselines.naive_simulator import Cloud, Model, run
from agents.baselines.shared_setup import BaselineSetup
from agents.contract import CohortSpec, DriftSpec, FleetSpec
from agents.methods.base import Who
from agents.methods.persona.prototypes import NONE

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[3]
TERMS: dict[str, Any] = {"every_s": 10.0, "up_s": 0.1, "service_s": 0.1, "down_s": 0.1, "workers": 2}


def no_delay(uniforms: Any) -> Any:
    return 0.0 * uniforms


SPEC = FleetSpec(
    seed=5,
    duration_s=60.0,
    tick_s=10.0,
    data="digits",
    data_options={},
    model="mlp",
    model_options={"hidden": [32, 32], "layers": 2},
    pretrain={"epochs": 2},
    cohorts=(CohortSpec("phones", 256, 1.0, "poisson", 1.0, no_delay),),
    drift=(DriftSpec("sudden", 30.0, to={"rotate": 90.0}),),
    adapter="persona",
    adapter_options={"steps": 20, "group_steps": 5},
    codec="fp32",
    references=(),
)


@pytest.fixture(scope="module")
def setup() -> BaselineSetup:
    return BaselineSetup.of(SPEC)


def test_the_naive_model_predicts_what_the_batched_one_predicts(setup: BaselineSetup) -> None:
    images = setup.task.pool(0)[:16]
    with torch.inference_mode():
        batched = setup.base.head.forward(setup.base.layers, setup.base.features(images)[None])[0]
        assert torch.allclose(Model(setup)(images), batched, atol=1e-5)


def test_the_naive_cloud_gives_the_head_that_the_method_gives(setup: BaselineSetup) -> None:
    window = setup.task.pool(1)[:16]
    with torch.inference_mode():
        payload = {
            "features": setup.base.features(window)[None],
            "prototype": torch.full((1,), NONE, dtype=torch.uint8),
            "count": torch.tensor([16], dtype=torch.uint8),
            "version": torch.zeros(1, dtype=torch.int16),
        }
        state, one = setup.method.start(setup.cloud, 1), torch.zeros(1, dtype=torch.int64)
        _, updates = setup.method.adapt(setup.cloud, payload, Who(one, one, one.double(), one))
        installed = setup.method.install(state, updates)
        head = Cloud(setup).adapt(window)
    assert all(torch.allclose(head[name], installed[name], atol=1e-4) for name in head)


def test_the_naive_fleet_sees_a_poisson_stream_and_installs_what_it_asked_for(setup: BaselineSetup) -> None:
    with torch.inference_mode():
        done = run(setup, devices=8, until_s=60.0, timing=TERMS)
        still = run(setup, devices=8, until_s=60.0, timing=TERMS | {"every_s": 1000.0})
    assert abs(done["amount"] - 480) < 6 * 480**0.5
    assert done["amount"] == still["amount"]
    assert done["accuracy"] != still["accuracy"]


def test_bare_torch_is_kept_busy_with_whole_batches(setup: BaselineSetup) -> None:
    with torch.inference_mode():
        done = forward(setup, seconds=0.01, whole=True)
    assert done["amount"] % (DEVICES * SAMPLES) == 0
    assert done["amount"] > 0


def test_the_arithmetic_of_exchanges_is_done_as_often_as_samples_call_for_it(
    setup: BaselineSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapted = 0
    adapt = setup.method.adapt

    def counted(cloud: Any, payloads: Any, who: Who) -> Any:
        nonlocal adapted
        adapted += len(who)
        return adapt(cloud, payloads, who)

    monkeypatch.setattr(setup.method, "adapt", counted)
    with torch.inference_mode():
        done = forward(setup, seconds=0.05, whole=True, samples_an_exchange=2)
    batches = setup.spec.devices // DEVICES or 1
    assert adapted == (done["amount"] + batches * DEVICES * SAMPLES) // 2, "one round of batches comes before the clock"
    assert adapted % 1024 == 0


def test_there_are_as_many_heads_as_the_fleet_has_blocks(setup: BaselineSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    repeat = torch.Tensor.repeat

    def counted(values: torch.Tensor, *sizes: int) -> torch.Tensor:
        nonlocal made
        made += sizes[0] == DEVICES
        return repeat(values, *sizes)

    monkeypatch.setattr(torch.Tensor, "repeat", counted)
    large = BaselineSetup(
        replace(SPEC, cohorts=(replace(SPEC.cohorts[0], devices=1024),)), *list(vars(setup).values())[1:]
    )
    with torch.inference_mode():
        forward(large, seconds=0.001, whole=False)
    assert made == 4 * len(setup.base.layers)


def test_a_yardstick_is_a_process_that_ends_with_a_line_of_json(setup: BaselineSetup, tmp_path: Path) -> None:
    spec = tmp_path / "spec"
    plain = replace(SPEC, cohorts=(replace(SPEC.cohorts[0], label_delay=None),))
    spec.write_bytes(pickle.dumps(plain))
    command = [sys.executable, "-m", "agents.baselines.bare_torch", str(spec), '{"seconds": 0.01, "whole": false}']
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["amount"] > 0
