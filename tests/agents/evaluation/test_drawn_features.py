"""Features of drawn samples: their bits depend neither on the batch nor on a sample's position in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.evaluation.features import DrawnFeatures
from agents.models.base import Base
from agents.models.making import make_net

NETS = [
    ("logistic", {}, (10,)),
    ("mlp", {"hidden": [8], "layers": 1}, (10,)),
    ("mlp", {"hidden": [5, 9, 3], "layers": 1, "activation": "relu"}, (7,)),
    ("mlp", {"hidden": [32, 32], "layers": 2}, (2,)),
    ("mlp", {"hidden": [1, 20], "layers": 2}, (1,)),
    ("mlp", {"hidden": [100, 10], "layers": 1}, (33,)),
    ("cnn", {"channels": [3, 5], "hidden": [10], "layers": 1}, (1, 8, 8)),
    ("mobilenet_v3_small", {"width": 0.5}, (3, 16, 16)),
]


@pytest.mark.parametrize(("name", "options", "shape"), NETS)
def test_bits_depend_neither_on_the_batch_nor_on_a_samples_place(
    name: str, options: dict[str, object], shape: tuple[int, ...]
) -> None:
    torch.manual_seed(1)
    net = make_net(name, shape, 4, options)
    base = Base(net, net.build_trunk().eval().requires_grad_(False), {})
    features = DrawnFeatures(base)
    generator = np.random.default_rng(2)
    x = generator.standard_normal((9, 40, *shape)).astype(np.float32)
    together = features.of({"x": x})
    assert together.shape == (9, 40, net.head.dims[0])
    for rows, part in ((slice(3, 4), slice(0, 40)), (slice(0, 9), slice(17, 20)), (slice(5, 8), slice(3, 4))):
        assert torch.equal(features.of({"x": x[rows, part]}), together[rows, part])
    turned = generator.permutation(9)
    assert torch.equal(features.of({"x": x[turned][:, ::-1].copy()}), together[turned].flip(1))
    # What is beside a sample may be anything.
    other = np.concatenate([generator.standard_normal(x.shape).astype(np.float32), x])
    assert torch.equal(features.of({"x": other})[9:], together)
