from __future__ import annotations

from typing import Any

import pytest
import torch

from agents.models import MODELS
from agents.models.making import make_net

#: Models that rank items have heads of another kind, and tests of their own.
RANKERS = {"din", "gru4rec", "sasrec"}


@pytest.mark.parametrize("name", sorted(set(MODELS) - RANKERS))
def test_every_model_fits_its_trunk_to_its_head(name: str) -> None:
    net = make_net(name, (1, 8, 8), 10, {})
    features = net.build_trunk()(torch.zeros(3, 1, 8, 8))
    assert features.shape == (3, net.head.dims[0])
    assert net.head.dims[-1] == 10


def test_the_default_mlp_edits_its_last_two_layers() -> None:
    net = make_net("mlp", (1, 8, 8), 10, {})
    assert net.head.dims == (32, 32, 10)
    assert net.head.params == 1386
    assert net.feature_bound == 1.0


def test_size_and_cut_of_an_mlp_can_be_chosen() -> None:
    net = make_net("mlp", (1, 8, 8), 10, {"hidden": [48, 40, 24], "layers": 1, "activation": "relu"})
    assert net.head.dims == (24, 10)
    assert net.feature_bound is None
    assert make_net("mlp", (1, 8, 8), 10, {"hidden": [16, 16]}).head.dims == (16, 16, 10)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("mpl", {}, "known are mlp, logistic"),
        ("mlp", {"depth": 3}, "'depth'"),
        ("mlp", {"layers": 3}, "1 to 2"),
        ("mlp", {"layers": 0}, "at least 1"),
        ("mlp", {"hidden": [32, 0]}, "sizes >= 1"),
        ("mlp", {"activation": "gelu"}, "'gelu'"),
        ("logistic", {"hidden": 3}, "'hidden'"),
    ],
)
def test_what_makes_no_model_is_refused_by_name(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make_net(name, (1, 8, 8), 10, options)
