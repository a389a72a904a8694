"""A branch for each view: where its columns lie, and that one that is missing says nothing."""

from __future__ import annotations

import torch

from agents.models.late_fusion import late_fusion
from agents.models.making import make_net
from agents.models.options import LateFusionOptions
from agents.models.training import initialise
from agents.streams.base import View

VIEWS = {"camera": View(slice(0, 4), (2, 2)), "microphone": View(slice(4, 7), (3,))}


def test_each_view_fills_its_own_columns_of_the_features() -> None:
    net = late_fusion((7,), 3, LateFusionOptions(branch=(6, 5), hidden=(8,)), VIEWS)
    trunk = net.build_trunk()
    initialise(trunk, torch.Generator().manual_seed(1))
    x = torch.randn(9, 7, generator=torch.Generator().manual_seed(2))
    other = x.clone()
    other[:, 4:] = 0.0
    whole, less = trunk(x), trunk(other)
    assert net.views == (5, 5)
    assert net.head.dims == (10, 8, 3)
    assert torch.equal(whole[:, :5], less[:, :5])
    assert whole[:, 5:].abs().min() > 0
    assert not less[:, 5:].any()


def test_data_without_views_are_one_view() -> None:
    net = make_net("late_fusion", (1, 8, 8), 10, {"branch": [6], "hidden": [4, 4]})
    assert net.views == (6,)
    assert net.head.dims == (6, 4, 4, 10)
    assert net.build_trunk()(torch.rand(3, 1, 8, 8)).shape == (3, 6)
