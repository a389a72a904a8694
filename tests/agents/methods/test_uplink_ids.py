"""Ids of clicks on their way up: two bytes each, and what the cloud reads of them is what devices had computed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.build import draw_blueprint
from agents.contract import CohortSpec, FleetSpec
from agents.fleet.cloud_half import Collected
from agents.methods.persona.uplink import IdUplink, uplink_of
from agents.models.base import Net
from agents.models.making import make_net
from agents.pools.blueprint import Blueprint

DEVICES, ITEMS, CLICKS, WINDOW = 6, 120, 10, 4
QUICK = {
    "persona": {"steps": 20, "group_steps": 5, "prototypes": 2, "window": WINDOW},
    "duet": {"steps": 20, "window": WINDOW},
    "metanetwork": {"steps": 20, "window": WINDOW},
    "apg": {"steps": 20, "window": WINDOW},
}


def blueprint(adapter: str, model: str, uplink: str) -> Blueprint:
    return draw_blueprint(
        FleetSpec(
            seed=2,
            duration_s=200.0,
            tick_s=10.0,
            data="synthetic_interactions",
            data_options={"users": 20, "items": ITEMS, "clicks": 16, "window": CLICKS},
            model=model,
            model_options={},
            pretrain={"epochs": 1},
            cohorts=(CohortSpec("users", DEVICES, 2.0, "periodic", 1.0, lambda uniform: 0.0 * uniform),),
            drift=(),
            adapter=adapter,
            adapter_options={**QUICK[adapter], "uplink": uplink},
            codec="fp32",
            references=("static",),
        )
    )


def updates_of(made: Blueprint) -> tuple[int, dict[str, np.ndarray]]:
    """Let all devices ask once; return the bytes of a payload, and what comes down."""
    [stack], cloud = made.build(), made.cloud_half()
    rows, at_s = np.arange(DEVICES), np.full(DEVICES, 50.0)
    cloud.take([Collected(rows, rows, at_s, stack.collect(rows, at_s, rows))])
    cloud.adapt(rows, rows)
    return made.parts[0].method.payload_bytes, cloud.take_updates(rows)


@pytest.mark.parametrize("model", ["gru4rec", "sasrec", "din"])
def test_every_ranker_is_read_from_ids_to_the_bit(model: str) -> None:
    of_ids, of_features = (updates_of(blueprint("duet", model, uplink)) for uplink in ("ids", "features"))
    assert of_ids[0] == WINDOW * CLICKS * 2 + 1
    assert of_ids[0] < of_features[0]
    assert all(np.array_equal(of_ids[1][name], of_features[1][name]) for name in of_features[1])


@pytest.mark.parametrize("adapter", QUICK)
def test_every_generator_makes_of_ids_what_it_makes_of_features(adapter: str) -> None:
    of_ids, of_features = (updates_of(blueprint(adapter, "gru4rec", uplink))[1] for uplink in ("ids", "features"))
    assert of_ids.keys() == of_features.keys()
    assert all(np.array_equal(of_ids[name], of_features[name]) for name in of_features)


def net(items: int) -> Net:
    return make_net("gru4rec", (CLICKS + 5,), 2, {}, {"items": items, "window": CLICKS})


@pytest.mark.parametrize(("items", "dtype"), [(2**15 - 1, "int16"), (2**15, "int32")])
def test_ids_are_as_wide_as_the_catalogue_needs(items: int, dtype: str) -> None:
    uplink = uplink_of("ids", net(items), WINDOW)
    assert isinstance(uplink, IdUplink)
    assert uplink.field.dtype == dtype
    assert uplink.sees == "raw"


def test_ids_of_images_and_pixels_of_clicks_are_refused_with_what_goes_instead() -> None:
    images = make_net("mlp", (1, 8, 8), 10, {})
    with pytest.raises(ValueError, match="'uplink: ids' does not go with mlp; write 'uplink: raw'"):
        uplink_of("ids", images, WINDOW)
    with pytest.raises(ValueError, match="'uplink: raw' does not go with gru4rec; write 'uplink: ids'"):
        uplink_of("raw", net(ITEMS), WINDOW)


def test_padding_stays_what_it_is_and_candidates_stay_at_home() -> None:
    uplink = uplink_of("ids", net(ITEMS), WINDOW)
    raw = torch.randint(1, ITEMS, (DEVICES, WINDOW, CLICKS + 5)).float()
    raw[:, :, 7:CLICKS] = 0.0

    class Shown:
        pass

    shown = Shown()
    shown.raw = raw  # type: ignore[attr-defined]
    sent = uplink.sent(shown)  # type: ignore[arg-type]
    assert torch.equal(sent.float(), raw[..., :CLICKS])
