"""Weights from a file: what torchvision saves fits our nets, and what does not fit is refused in one line."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from agents.models.base import Base
from agents.models.head import ACTIVATIONS, slope_of
from agents.models.making import make_net
from agents.models.training import generator, initial_head, initialise, pretrain
from agents.seeding import Purpose
from agents.streams.base import History, Past

SMALL = {"width": 0.25, "hidden": 32}


def saved(path: Path, classes: int, **options: object) -> dict[str, torch.Tensor]:
    """Write weights under the names of torchvision, drawn at random, and return them."""
    net, rng = make_net("mobilenet_v3_small", (3, 32, 32), classes, {**SMALL, **options}), generator(1, Purpose.METHOD)
    trunk = net.build_trunk()
    initialise(trunk, rng)
    for part in trunk.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(generator=rng)
            part.running_var.uniform_(0.5, 2.0, generator=rng)
    *features, hidden, bias = trunk.state_dict().values()
    last = net.head.unpack(initial_head(net.head, rng))
    weights = {f"features.{place}": one for place, one in enumerate(features)}
    weights |= {"classifier.0.weight": hidden, "classifier.0.bias": bias}
    weights |= {"classifier.3.weight": last["w0"][0].t().contiguous(), "classifier.3.bias": last["b0"][0, 0]}
    torch.save(weights, path)
    return weights


@pytest.mark.parametrize("layers", [1, 2])
def test_a_net_begins_with_the_weights_of_the_file(layers: int, tmp_path: Path) -> None:
    weights = saved(tmp_path / "net.pt", 10)
    net = make_net("mobilenet_v3_small", (3, 32, 32), 10, {**SMALL, "layers": layers, "weights": tmp_path / "net.pt"})
    trunk, packed = net.build_trunk(), torch.zeros(1, net.head.params)
    assert net.weights is not None
    net.weights(trunk, packed)
    held = list(trunk.state_dict().values())
    assert all(torch.equal(own, other) for own, other in zip(held, weights.values(), strict=False))
    images = torch.rand(5, 3, 32, 32, generator=generator(2, Purpose.METHOD))
    base = Base(net, trunk.eval(), net.head.unpack(packed))
    found = base.head.forward(base.layers, base.features(images)[None])[0]
    # The same by the layers of torch, with what torchvision adds to variances.
    plain = make_net("mobilenet_v3_small", (3, 32, 32), 10, {**SMALL, "layers": 2}).build_trunk()
    plain.load_state_dict(dict(zip(plain.state_dict(), weights.values(), strict=False)))
    for part in plain.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eps = 1e-3
    dense = [weights[f"classifier.{number}.{kind}"] for number in (0, 3) for kind in ("weight", "bias")]
    hidden = nn.functional.hardswish(nn.functional.linear(plain.eval()(images), *dense[:2]))
    assert torch.allclose(found, nn.functional.linear(hidden, *dense[2:]), atol=1e-4)


def test_a_last_layer_of_other_classes_stays_as_it_was_drawn(tmp_path: Path) -> None:
    saved(tmp_path / "net.pt", 10)
    net = make_net("mobilenet_v3_small", (3, 32, 32), 4, {**SMALL, "weights": tmp_path / "net.pt"})
    packed = torch.full((1, net.head.params), 7.0)
    assert net.weights is not None
    net.weights(net.build_trunk(), packed)
    assert (packed == 7.0).all()


def test_training_begins_there_and_the_cache_tells_files_apart(tmp_path: Path) -> None:
    saved(tmp_path / "net.pt", 4)
    net = make_net("mobilenet_v3_small", (3, 8, 8), 4, {**SMALL, "weights": tmp_path / "net.pt"})
    images = torch.rand(60, 3, 8, 8, generator=generator(3, Purpose.METHOD))
    past = Past(images, torch.arange(60) % 4, torch.zeros(60, dtype=torch.int64))
    base = pretrain(History(past, past), net, {"epochs": 1, "rate": 1e-9}, 3)
    held = copy.deepcopy(net.build_trunk())
    assert net.weights is not None
    net.weights(held, torch.zeros(1, net.head.params))
    pairs = zip(base.trunk.parameters(), held.parameters(), strict=True)
    assert all(torch.allclose(own, other, atol=1e-6) for own, other in pairs)
    assert "weights" in net.options


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    def net_with(file: Path, shape: tuple[int, int, int] = (3, 8, 8)) -> object:
        return make_net("mobilenet_v3_small", shape, 4, {**SMALL, "weights": file})

    with pytest.raises(ValueError, match="cannot be read"):
        net_with(tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ValueError, match="holds no weights that torch can read"):
        net_with(tmp_path / "text.pt")
    torch.save({"features.0": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match=r"lacks 'classifier\.0\.weight'"):
        net_with(tmp_path / "other.pt")
    saved(tmp_path / "wide.pt", 4, width=0.5)
    net = net_with(tmp_path / "wide.pt")
    with pytest.raises(ValueError, match="is not of a mobilenet_v3_small of this width"):
        net.weights(net.build_trunk(), torch.zeros(1, net.head.params))  # type: ignore[attr-defined]


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_slope_of_each_activation_is_that_of_autograd(activation: str) -> None:
    x = torch.linspace(-5.0, 5.0, 41).add(0.01).requires_grad_(True)
    out = ACTIVATIONS[activation](x)
    out.sum().backward()
    assert torch.allclose(slope_of(activation, x.detach(), out.detach()), x.grad, atol=1e-5)
    if activation == "hardswish":
        assert torch.allclose(out, nn.functional.hardswish(x), atol=1e-6)
