from __future__ import annotations

from typing import Any

import pytest
import torch

from agents.models import MODELS
from agents.models.making import knows_views, make_net
from agents.streams.base import View

#: Models that rank items have heads of another kind, and tests of their own.
RANKERS = {"din", "gru4rec", "sasrec"}


@pytest.mark.parametrize("name", sorted(set(MODELS) - RANKERS))
def test_every_model_fits_its_trunk_to_its_head(name: str) -> None:
    net = make_net(name, (1, 8, 8), 10, {})
    features = net.build_trunk()(torch.zeros(3, 1, 8, 8))
    assert features.shape == (3, net.head.dims[0])
    assert net.head.dims[-1] == 10


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in sorted(set(MODELS) - RANKERS)),
        ("mlp", {"hidden": [48, 40, 24], "layers": 1}),
        ("cnn", {"hidden": [48, 40, 24], "layers": 3}),
        ("late_fusion", {"branch": [8, 6]}),
        ("mobilenet_v3_small", {"layers": 2, "width": 0.6}),
        ("mobilenet_v3_large", {"layers": 2}),
    ],
)
def test_the_table_knows_how_many_features_a_trunk_gives(name: str, options: dict[str, Any]) -> None:
    row, halves = MODELS[name], {"left": View(slice(0, 40), (40,)), "right": View(slice(40, 64), (24,))}
    assert row.columns is not None
    known = {"views": halves} if knows_views(name) else {}
    own = row.read(options, name)
    assert make_net(name, (1, 8, 8), 10, options, known).head.context == row.columns(own, 64, len(halves))


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
