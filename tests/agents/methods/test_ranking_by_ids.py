"""A method that ranks by the ids of items alone, over full lists: 40 bytes up, and measures that are exact."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.build import draw_blueprint
from agents.codecs.message import Field
from agents.contract import COHORT_COLUMNS, CohortSpec, FleetSpec
from agents.fleet.cloud_half import Collected
from agents.methods.base import CloudState, Context, Deployed, DeviceState, Inputs, Payload, Recent, Updates, Who
from agents.metrics import HIT_WITHIN
from agents.models.base import Base
from agents.pools.blueprint import Blueprint
from agents.streams.base import History

DEVICES, ITEMS, WINDOW = 5, 60, 10


class Again(Deployed):
    """Sends the latest clicks up; the cloud sends them back, and the device ranks them first."""

    name = "again"
    sees = "raw"
    window = 1
    payload_fields = (Field("clicks", (WINDOW,), "int32"),)
    update_fields = (Field("liked", (WINDOW,), "int32"),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.seen: list[torch.Tensor] = []

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return {"liked": torch.zeros(1, WINDOW, dtype=torch.int32)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {"liked": cloud["liked"].expand(devices, -1)}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        candidates = inputs.raw[..., WINDOW:]
        self.seen.append(candidates)
        return (candidates.unsqueeze(3) == state["liked"][:, None, None]).any(3).float()

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"clicks": recent.raw[:, 0, :WINDOW].int()}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        return cloud, {"liked": payloads["clicks"]}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return updates


@pytest.fixture
def blueprint() -> Blueprint:
    return draw_blueprint(
        FleetSpec(
            seed=2,
            duration_s=200.0,
            tick_s=10.0,
            data="synthetic_interactions",
            data_options={"users": 20, "items": ITEMS, "negatives": "all", "clicks": 6, "window": WINDOW},
            model="gru4rec",
            model_options={},
            pretrain={"epochs": 1},
            cohorts=(CohortSpec("phones", DEVICES, 2.0, "periodic", 1.0, lambda uniform: 0.0 * uniform),),
            drift=(),
            adapter="test_ranking_by_ids:Again",
            adapter_options={},
            codec="fp32",
            references=("static", "oracle_bayes"),
        )
    )


def test_ids_go_up_in_forty_bytes_and_candidates_are_ranked_by_theirs(blueprint: Blueprint) -> None:
    [stack], cloud, method = blueprint.build(), blueprint.cloud_half(), blueprint.parts[0].method
    assert (method.payload_bytes, method.update_bytes) == (40, 40)
    rows, at_s = np.arange(DEVICES), np.full(DEVICES, 50.0)
    payload = stack.collect(rows, at_s, rows)
    assert ((payload["clicks"] >= 1) & (payload["clicks"] <= ITEMS)).all(), "no candidate, no padding"
    cloud.take([Collected(rows, rows, at_s, payload)])
    cloud.adapt(rows, rows)
    stack.install(rows, at_s, rows, cloud.take_updates(rows))
    stack.close(60.0)
    stack.take_tallies()
    stack.close(160.0)
    reported = stack.take_tallies().sum(0)
    assert isinstance(method, Again)
    assert (method.seen[-1].sort(2).values == torch.arange(1, ITEMS + 1)).all(), "a full list holds every item"
    right, samples = (int(reported[COHORT_COLUMNS.index(name)]) for name in ("correct", "samples"))
    assert samples == 50 * DEVICES
    # Chance hits 10 of 60; what was clicked lately is liked.
    assert right / samples > 1.2 * HIT_WITHIN / ITEMS
