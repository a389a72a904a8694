from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from quick_methods import CONTEXTS, QUICK, recent, served

from agents.methods.base import Method, OfFeatures, Recent
from agents.methods.device_ft_head import DeviceFtHead
from agents.methods.group_ft import GroupFt, moments
from agents.methods.making import make_method
from agents.methods.past_windows import Contexts
from agents.models.base import Base, Net
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import History


def made(name: str, net: Net, **options: Any) -> Method:
    return make_method(name, {**QUICK[name], **options}, "fp32", net)


def balanced_accuracy(base: Base, head: dict[str, torch.Tensor], history: History) -> float:
    held = Contexts.of(history.validation, base).draw(400, 1, generator(9, Purpose.METHOD))
    logits = base.head.forward(head, held.query)
    return (logits.argmax(2) == held.label).float().mean().item()


def test_a_balanced_static_head_is_no_worse_on_balanced_contexts(net: Net, history: History, base: Base) -> None:
    method = made("static_balanced", net, steps=300)
    cloud = method.prepare(history, base, 3)
    assert method.payload_bytes == method.update_bytes == 0
    assert balanced_accuracy(base, cloud, history) >= balanced_accuracy(base, base.layers, history) - 0.01


def test_a_balanced_head_is_judged_where_its_steps_end_however_many(net: Net, history: History, base: Base) -> None:
    ends = {steps: made("static_balanced", net, steps=steps).prepare(history, base, 3) for steps in (40, 100, 140)}
    heads = [base.head.pack(base.layers), *(base.head.pack(end) for end in ends.values())]
    assert [torch.equal(one, other) for one, other in pairwise(heads)] == [False, False, False]


def test_a_device_learns_from_its_labels_what_the_cloud_would_have(net: Net, history: History, base: Base) -> None:
    device, cloud_side = made("device_ft_head", net, window=24, steps=20), made("cloud_ft", net, window=24, steps=20)
    assert isinstance(device, DeviceFtHead)
    cloud = device.prepare(history, base, 3)
    state, window = device.start(cloud, 5), recent(device, 5)
    learnt, steps = device.learn(state, window)
    _, updates = served(cloud_side, cloud_side.prepare(history, base, 3), state, window)
    assert steps.tolist() == [20] * 5
    assert torch.allclose(device.head.pack(learnt), updates["head"], atol=1e-6)


def test_learning_may_go_on_from_the_devices_own_head(net: Net, history: History, base: Base) -> None:
    way = []
    for start in ("base", "device"):
        method = made("device_ft_head", net, window=24, steps=10, start=start, anchor=0.0)
        cloud = method.prepare(history, base, 3)
        state, window = method.start(cloud, 4), recent(method, 4)
        for _ in range(3):
            state, _ = method.learn(state, window)
        way.append((method.head.pack(state) - cloud["head"]).norm().item())  # type: ignore[attr-defined]
    assert way[1] > 1.2 * way[0]


def test_moments_are_of_the_samples_that_are_there() -> None:
    window = torch.randn(3, 6, 4)
    count = torch.tensor([6, 2, 1])
    real = (torch.arange(6) < count[:, None])[..., None]
    found = moments(window * real, count)
    for row, own in enumerate(count.tolist()):
        assert torch.allclose(found[row, :4], window[row, :own].mean(0), atol=1e-5)
        assert torch.allclose(found[row, 4:], window[row, :own].std(0, correction=0), atol=1e-5)


@pytest.mark.parametrize("reply", ["number", "head"])
def test_a_group_has_a_head_that_fits_it_better_than_the_base(
    net: Net, history: History, base: Base, reply: str
) -> None:
    method = made("group_ft", net, groups=CONTEXTS, window=16, steps=200, rate=0.01, reply=reply)
    assert isinstance(method, GroupFt)
    assert method.update_bytes == (0 if reply == "number" else 4 * net.head.params)
    cloud = method.prepare(history, base, 3)
    held = Contexts.of(history.validation, base).draw(300, method.window, generator(9, Purpose.METHOD))
    state = method.start(cloud, 300)
    shown = Recent(held.window, torch.full(held.window.shape[:2], -1), held.real)
    before = (method.predict(state, OfFeatures(held.query)).argmax(2) == held.label).float().mean()
    state = method.install(state, served(method, cloud, state, shown)[1])
    after = (method.predict(state, OfFeatures(held.query)).argmax(2) == held.label).float().mean()
    assert after > before + 0.03


def test_an_empty_window_is_answered_with_the_base(net: Net, history: History, base: Base) -> None:
    method = made("group_ft", net)
    cloud = method.prepare(history, base, 3)
    nothing = Recent(
        torch.zeros(2, method.window, 16), torch.full((2, method.window), -1), torch.zeros(2, dtype=torch.int64)
    )
    state, x = method.start(cloud, 2), torch.randn(2, 5, 16)
    after = method.install(state, served(method, cloud, state, nothing)[1])
    assert torch.equal(method.predict(after, OfFeatures(x)), base.head.forward(base.layers, x))
