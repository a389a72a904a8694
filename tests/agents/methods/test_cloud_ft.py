from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import CONTEXTS, recent, served, shifted

from agents.methods.base import OfFeatures, Recent, Who
from agents.methods.cloud_ft import CloudFt
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.streams.base import History


def made(net: Net, **options: Any) -> CloudFt:
    method = make_method("cloud_ft", options, "fp32", net)
    assert isinstance(method, CloudFt)
    return method


def accuracy(method: CloudFt, state: dict[str, torch.Tensor], x: torch.Tensor, label: torch.Tensor) -> float:
    return (method.predict(state, OfFeatures(x)).argmax(2) == label).float().mean().item()


def test_labels_of_a_context_lift_the_base_there(net: Net, history: History, base: Base) -> None:
    method = made(net, window=48)
    cloud = method.prepare(history, base, 3)
    shown, x, label = shifted(history, base, 48)
    state = method.start(cloud, CONTEXTS)
    _, updates = served(method, cloud, state, shown)
    assert accuracy(method, method.install(state, updates), x, label) > accuracy(method, state, x, label) + 0.05


@pytest.mark.parametrize("start", ["base", "last"])
def test_without_a_label_the_head_stays_as_it_was_to_the_bit(
    net: Net, history: History, base: Base, start: str
) -> None:
    method = made(net, start=start)
    cloud = method.prepare(history, base, 3)
    state = method.start(cloud, 3)
    blind = recent(method, 3)
    blind = Recent(blind.features, torch.full_like(blind.label, -1), blind.count)
    _, updates = served(method, cloud, state, blind)
    assert torch.equal(method.head.pack(method.install(state, updates)), cloud["head"].repeat(3, 1))


def test_rows_without_a_label_teach_nothing(net: Net, history: History, base: Base) -> None:
    method = made(net, window=32)
    cloud = method.prepare(history, base, 3)
    shown, _, _ = shifted(history, base, 32)
    shown.label[:, 20:] = -1
    spoiled = Recent(shown.features.clone(), shown.label, shown.count)
    spoiled.features[:, 20:] = 0.5
    state = method.start(cloud, CONTEXTS)
    heads = [served(method, cloud, state, window)[1]["head"] for window in (shown, spoiled)]
    assert torch.allclose(*heads, atol=1e-6)


def test_going_on_from_the_last_head_costs_no_upload(net: Net, history: History, base: Base) -> None:
    fresh, going_on = made(net, window=32), made(net, window=32, start="last")
    assert going_on.payload_bytes == fresh.payload_bytes == 32 * (16 * 4 + 1)
    cloud = going_on.prepare(history, base, 3)
    shown, _, _ = shifted(history, base, 32)
    state = going_on.start(cloud, CONTEXTS)
    for _ in range(2):
        cloud, updates = served(going_on, cloud, state, shown)
    _, once = served(fresh, fresh.prepare(history, base, 3), fresh.start(cloud, CONTEXTS), shown)
    start = cloud["head"]
    assert (updates["head"] - start).norm() > (once["head"] - start).norm()


def test_what_a_device_sent_before_teaches_its_next_head(net: Net, history: History, base: Base) -> None:
    """Two windows that come one after the other, remembered, give the head of both at once."""
    shown, _, _ = shifted(history, base, 32)
    first, second = (
        Recent(shown.features[:, part], shown.label[:, part], torch.full((CONTEXTS,), 16))
        for part in (slice(16), slice(16, 32))
    )
    remembering, whole = made(net, window=16, memory=32), made(net, window=32)
    cloud = remembering.prepare(history, base, 3)
    state = remembering.start(cloud, CONTEXTS)
    cloud, _ = served(remembering, cloud, state, first)
    cloud, later = served(remembering, cloud, state, second)
    _, at_once = served(whole, whole.prepare(history, base, 3), state, shown)
    assert torch.allclose(later["head"], at_once["head"], atol=1e-5)
    assert cloud["device.number"].tolist() == list(range(CONTEXTS))


def test_a_device_that_asks_twice_in_one_call_is_served_in_turn(net: Net, history: History, base: Base) -> None:
    method = made(net, window=16, memory=32, start="last")
    cloud = method.prepare(history, base, 3)
    window = recent(method, 6)
    payloads = method.collect(method.start(cloud, 6), window)[1]
    device = torch.tensor([4, 2, 4, 9, 2, 4])
    who = Who(torch.arange(6), device, torch.arange(6).double(), torch.arange(6))
    later, at_once = method.adapt(cloud, payloads, who)
    for row in range(6):
        one = {name: values[row : row + 1] for name, values in payloads.items()}
        cloud, alone = method.adapt(cloud, one, who.rows(slice(row, row + 1)))
        assert torch.equal(alone["head"][0], at_once["head"][row])
    assert later.keys() == cloud.keys()
    assert all(torch.equal(later[name], values) for name, values in cloud.items())


def test_replay_holds_a_head_to_the_past(net: Net, history: History, base: Base) -> None:
    shown, _, _ = shifted(history, base, 32)
    x, label = base.features(history.train.x)[None], history.train.label[None]

    def on_the_past(replay: float) -> float:
        method = made(net, window=32, replay=replay, steps=200, anchor=0.0, rate=0.01)
        cloud = method.prepare(history, base, 3)
        head = served(method, cloud, method.start(cloud, CONTEXTS), shown)[1]["head"]
        logits = net.head.forward(net.head.unpack(head), x.expand(CONTEXTS, -1, -1))
        return (logits.argmax(2) == label).float().mean().item()

    assert on_the_past(0.5) > on_the_past(0.0) + 0.05


def test_a_memory_smaller_than_a_window_is_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="memory: 8 is less than one window of 16"):
        made(net, window=16, memory=8)


def test_an_unknown_start_is_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="'scratch' is unknown; known are base, last"):
        made(net, start="scratch")
