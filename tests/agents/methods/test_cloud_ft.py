from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import CONTEXTS, recent, served

from agents.methods.base import OfFeatures, Recent
from agents.methods.cloud_ft import CloudFt
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.streams.base import History


def made(net: Net, **options: Any) -> CloudFt:
    method = make_method("cloud_ft", options, "fp32", net)
    assert isinstance(method, CloudFt)
    return method


def shifted(history: History, base: Base, rows: int) -> tuple[Recent, torch.Tensor, torch.Tensor]:
    """Return one labelled window a context, and later samples with their labels."""
    past = history.validation
    window, later, labels = [], [], []
    for context in range(CONTEXTS):
        own = (past.concept == context).nonzero().flatten()
        window.append(own[:rows])
        later.append(base.features(past.x[own[rows : rows + 96]]))
        labels.append(past.label[own[rows : rows + 96]])
    index = torch.stack(window)
    features = base.features(past.x[index])
    shown = Recent(features, past.label[index], torch.full((CONTEXTS,), rows))
    return shown, torch.stack(later), torch.stack(labels)


def accuracy(method: CloudFt, state: dict[str, torch.Tensor], x: torch.Tensor, label: torch.Tensor) -> float:
    return (method.predict(state, OfFeatures(x)).argmax(2) == label).float().mean().item()


def test_labels_of_a_context_lift_the_base_there(net: Net, history: History, base: Base) -> None:
    method = made(net, window=48)
    cloud = method.prepare(history, base, 3)
    shown, x, label = shifted(history, base, 48)
    state = method.start(cloud, CONTEXTS)
    _, updates = served(method, cloud, state, shown)
    assert accuracy(method, method.install(state, updates), x, label) > accuracy(method, state, x, label) + 0.05


@pytest.mark.parametrize("start", ["base", "device"])
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


def test_going_on_from_the_devices_head_costs_its_upload(net: Net, history: History, base: Base) -> None:
    fresh, going_on = made(net, window=32, start="base"), made(net, window=32, start="device")
    assert going_on.payload_bytes == fresh.payload_bytes + going_on.update_bytes
    cloud = going_on.prepare(history, base, 3)
    shown, _, _ = shifted(history, base, 32)
    state = going_on.start(cloud, CONTEXTS)
    for _ in range(2):
        _, updates = served(going_on, cloud, state, shown)
        state = going_on.install(state, updates)
    _, once = served(fresh, cloud, fresh.start(cloud, CONTEXTS), shown)
    start = cloud["head"]
    assert (updates["head"] - start).norm() > (once["head"] - start).norm()


def test_an_unknown_start_is_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="'scratch' is unknown; known are base, device"):
        made(net, start="scratch")
