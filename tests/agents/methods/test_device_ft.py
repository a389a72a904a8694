"""Fine-tuning on devices, of heads and whole nets, and first aid until the cloud has answered."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from agents.methods.base import DeviceState, OfFeatures, Recent
from agents.methods.device_ft import alike
from agents.methods.first_aid_options import CLOUDS, FIRST_AID
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.training import pretrain
from agents.streams.base import History, Past

DEVICES, WINDOW, CLASSES = 6, 12, 4


def started(name: str, net: Net, history: History, base: Base, **options: Any) -> tuple[Any, DeviceState]:
    method = make_method(name, {"window": WINDOW, **options}, "fp32", net)
    return method, method.start(method.prepare(history, base, 3), DEVICES)


def labelled(base: Base, history: History, devices: int = DEVICES) -> Recent:
    """Return windows of the past whose labels have turned by one; the last device has none."""
    x, label = history.validation.x[: devices * WINDOW], history.validation.label[: devices * WINDOW]
    turned = ((label + 1) % base.head.dims[-1]).view(devices, WINDOW).clone()
    turned[-1] = -1
    features = base.features(x).view(devices, WINDOW, -1)
    return Recent(features, turned, torch.full((devices,), WINDOW), raw=x.view(devices, WINDOW, *x.shape[1:]))


def one(recent: Recent, device: int) -> Recent:
    row = slice(device, device + 1)
    return Recent(recent.features[row].clone(), recent.label[row], recent.count[row], raw=recent.raw[row].clone())


@pytest.fixture(scope="module")
def camera() -> tuple[Base, History]:
    generator = torch.Generator().manual_seed(0)
    label = torch.randint(0, 2, (120,), generator=generator)
    x = 0.3 * torch.randn(120, 1, 8, 8, generator=generator)
    x[:, 0, :4] += label.view(-1, 1, 1).float()
    past = Past(x, label, torch.zeros_like(label))
    net = make_net("cnn", (1, 8, 8), 2, {"channels": [4, 6], "hidden": [8], "layers": 1})
    return pretrain(History(past, past), net, {"epochs": 2}, 1), History(past, past)


VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"start": "device", "anchor": 0.1},
    {"ewc": 1.0, "past_rows": 20},
    {"replay": 0.3, "past_rows": 20},
    {"rows": "alike"},
)


@pytest.mark.parametrize("options", VARIANTS, ids=str)
@pytest.mark.parametrize("learns", ["head", "all", "images"])
def test_together_is_alone_and_without_labels_nothing_moves(
    learns: str, options: dict[str, Any], net: Net, history: History, base: Base, camera: tuple[Base, History]
) -> None:
    if learns == "images":
        base, history = camera
    which = "head" if learns == "head" else "all"
    method, state = started("device_ft", base.net, history, base, learns=which, steps=4, **options)
    recent = labelled(base, history)
    later = {**state, **method.learn(state, recent)[0]}
    for device in (0, 4):
        own = {name: values[device : device + 1].contiguous() for name, values in state.items()}
        found = {**own, **method.learn(own, one(recent, device))[0]}
        assert all(torch.equal(found[name], later[name][device : device + 1]) for name in found)
    names = method.part.names
    assert all(torch.equal(later[name][-1], state[name][-1]) for name in names)
    assert all(not torch.equal(later[name][0], state[name][0]) for name in names if "w" in name.split(".")[-1])


@pytest.mark.parametrize("learns", ["head", "all"])
def test_labels_are_learnt_and_what_holds_the_base_holds_it(
    learns: str, net: Net, history: History, base: Base
) -> None:
    recent, moved = labelled(base, history), {}
    for kind, options in (("free", {}), ("anchor", {"anchor": 1.0}), ("ewc", {"ewc": 300.0})):
        method, state = started("device_ft", net, history, base, learns=learns, steps=60, rate=0.01, **options)
        later = {**state, **method.learn(state, recent)[0]}
        logits = method.predict(later, recent)
        if kind == "free":
            known = recent.label >= 0
            assert (logits.argmax(2) == recent.label)[known].float().mean() > 0.9
        moved[kind] = sum((later[name] - state[name]).square().sum().item() for name in method.part.names)
    assert moved["anchor"] < 0.3 * moved["free"]
    assert moved["ewc"] < moved["free"]


def test_fisher_information_of_the_head_is_the_mean_of_squared_slopes(net: Net, history: History, base: Base) -> None:
    _, state = started("device_ft", net, history, base, ewc=1.0, past_rows=40)
    x, label = state["frozen.past.x"][0], state["frozen.past.label"][0]
    summed = torch.zeros_like(base.layers["w1"])
    for row, known in zip(x, label, strict=True):
        w1 = base.layers["w1"].clone().requires_grad_()
        hidden = torch.tanh(row @ base.layers["w0"][0] + base.layers["b0"][0])
        loss = torch.nn.functional.cross_entropy(hidden @ w1[0] + base.layers["b1"][0], known.view(1))
        summed += torch.autograd.grad(loss, w1)[0].square()
    assert torch.allclose(state["fisher.w1"][:1], summed / 40, atol=1e-5)


def test_each_new_sample_chooses_the_nearest_of_its_class() -> None:
    old = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [0.0, 1.0]]])
    new = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [9.0, 9.0]]])
    newest = Recent(new, torch.full((1, 4), -1), torch.tensor([3]))
    recent = Recent(old, torch.tensor([[1, 0, 0, -1]]), torch.tensor([4]), unlabelled=lambda: newest)
    assert alike(torch.tensor([[0, 0, 1, 1]]), recent).tolist() == [[1.0, 1.0, 1.0, 0.0]]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("aid", FIRST_AID)
def test_first_aid_goes_with_any_cloud(aid: str, cloud: str, net: Net) -> None:
    method = make_method("first_aid_then_cloud", {"first_aid": aid, "cloud": cloud}, "int8", net)
    assert method.payload_bytes > 0


def test_first_aid_ends_when_the_update_lands(net: Net, history: History, base: Base) -> None:
    method, state = started("first_aid_then_cloud", net, history, base, first_aid="bn_adapt")
    recent, x = labelled(base, history), OfFeatures(torch.randn(DEVICES, 5, 16))
    helped = {**state, **method.learn(state, recent)[0]}
    assert not torch.equal(method.predict(helped, x), method.predict(state, x))
    head = base.head.pack(base.layers) + 0.1
    updates = {"head": head.expand(DEVICES, -1)}
    landed = {**helped, **method.install(helped, updates)}
    wanted = base.head.forward(base.head.unpack(updates["head"]), x.features)
    assert torch.equal(method.predict(landed, x), wanted)
    later = {**landed, **method.learn(landed, recent)[0]}
    assert all(torch.equal(later[name], landed[name]) for name in later)
