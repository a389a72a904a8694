"""Methods that take layers apart are refused as a scenario is read where they would be as the net is built."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from agents.methods import METHODS
from agents.methods.federated.choosing import layered
from agents.methods.making import make_method
from agents.models import MODELS
from agents.models.making import make_net
from sim.scenario.layer_fit import layers_wanting, squared_misfit
from sim.scenario.tagged_union import Chosen

IMAGES: dict[str, tuple[dict[str, Any], ...]] = {
    "mlp": ({"hidden": (8,), "layers": 1}, {"hidden": (8, 8), "layers": 2}),
    "logistic": ({},),
    "cnn": ({"channels": (2,), "hidden": (8, 8), "layers": 1}, {"channels": (2,), "hidden": (8, 8), "layers": 2}),
    "late_fusion": ({"branch": (4,), "hidden": (8,)},),
    "mobilenet_v3_small": ({"width": 0.25, "hidden": 8, "layers": 1}, {"width": 0.25, "hidden": 8, "layers": 2}),
}
TAKES_APART = [name for name, row in METHODS.items() if "layers" in row.needs]


class _Some(Chosen, extra="allow"):
    """A choice with any options."""


@pytest.mark.parametrize("model", IMAGES)
def test_reading_and_building_refuse_the_same(model: str) -> None:
    for options, trains in itertools.product(IMAGES[model], ("head", "all")):
        try:
            layered(make_net(model, (3, 16, 16), 10, options), trains, "it")
            built = True
        except ValueError:
            built = False
        for name in TAKES_APART:
            wanting = layers_wanting(_Some(kind=name, trains=trains), _Some(kind=model, **options))
            assert (wanting is None) == built, (name, options, trains)


@pytest.mark.parametrize("model", [*IMAGES, "gru4rec"])
def test_reading_and_building_refuse_the_same_squared_losses(model: str) -> None:
    items = model == "gru4rec"
    for options, trains in itertools.product(IMAGES.get(model, ({},)), ("head", "all")):
        shape, known = ((6 + 5,), {"items": 20, "window": 6}) if items else ((3, 16, 16), {})
        net = make_net(model, shape, 5 if items else 10, options, known)
        try:
            make_method("fedavg", {"loss": "squared", "trains": trains}, "fp32", net, devices=2)
            built = True
        except ValueError:
            built = False
        wrong = squared_misfit(_Some(kind="fedavg", trains=trains, loss="squared"), _Some(kind=model, **options))
        assert (wrong is None) == built, (options, trains, wrong)
    assert squared_misfit(_Some(kind="fedavg", loss="cross_entropy"), _Some(kind=model)) is None


def test_methods_that_take_layers_apart_say_so() -> None:
    assert TAKES_APART == ["fedproto", "fedrep", "driftguard"]
    assert all("layers" not in row.gives for row in MODELS.values() if "items" in row.needs)
