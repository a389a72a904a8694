"""What every method in the table must keep; a newcomer passes all of it for free."""

from __future__ import annotations

import pytest
import torch
from quick_methods import OF_CLASSES, QUICK, answered, payloads_of, recent, served, whose
from safetensors.torch import load, save

from agents.codecs import CODECS
from agents.codecs.base import fresh, roundtrip
from agents.methods import METHODS
from agents.methods.base import CloudState, Method, OfFeatures, Recent
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.streams.base import History

DEVICES = 41


@pytest.fixture
def cloud(method: Method, history: History, base: Base) -> CloudState:
    return method.prepare(history, base, 3)


def rows(tensors: dict[str, torch.Tensor], index: torch.Tensor) -> dict[str, torch.Tensor]:
    return {name: values[index] for name, values in tensors.items()}


def picked(window: Recent, index: torch.Tensor) -> Recent:
    return Recent(features=window.features[index], label=window.label[index], count=window.count[index])


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def adaptive(method: Method) -> None:
    if not method.payload_bytes:
        pytest.skip("this method never asks")


def test_preparing_again_gives_the_same_bits(method: Method, cloud: CloudState, history: History, base: Base) -> None:
    assert equal(method.prepare(history, base, 3), cloud)


def test_a_fresh_device_predicts_like_the_base(method: Method, cloud: CloudState, base: Base) -> None:
    if METHODS[method.name].traits.get("own_start"):
        pytest.skip("this method begins with a head of its own")
    x = torch.randn(DEVICES, 16, 16)
    assert torch.equal(method.predict(method.start(cloud, DEVICES), OfFeatures(x)), base.head.forward(base.layers, x))


def test_one_by_one_is_many_at_once_to_the_bit(method: Method, cloud: CloudState) -> None:
    adaptive(method)
    if method.together:
        pytest.skip("this method takes a round as a whole")
    state, window = method.start(cloud, DEVICES), recent(method, DEVICES)
    payloads = payloads_of(method, state, window)
    alone = [
        payloads_of(method, rows(state, torch.tensor([row])), picked(window, torch.tensor([row])))
        for row in range(DEVICES)
    ]
    assert equal(payloads, {name: torch.cat([one[name] for one in alone]) for name in payloads})
    later, updates = method.adapt(cloud, payloads, whose(DEVICES))
    parts, moving = [], cloud
    for row, one in enumerate(alone):
        moving, update = method.adapt(moving, one, whose(DEVICES).rows(slice(row, row + 1)))
        parts.append(update)
    assert equal(updates, {name: torch.cat([one[name] for one in parts]) for name in updates})
    assert equal(later, moving)


def test_predictions_do_not_depend_on_who_else_is_in_the_block(method: Method, cloud: CloudState) -> None:
    adaptive(method)
    state = method.start(cloud, DEVICES)
    _, updates = served(method, cloud, state, recent(method, DEVICES))
    state, x = {**state, **method.install(state, updates)}, torch.randn(DEVICES, 32, 16)
    logits = method.predict(state, OfFeatures(x))
    order = torch.randperm(DEVICES, generator=torch.Generator().manual_seed(1))
    assert torch.equal(method.predict(rows(state, order), OfFeatures(x[order])), logits[order])
    assert torch.equal(method.predict(rows(state, order[:1]), OfFeatures(x[order[:1]])), logits[order[:1]])


def test_permuting_devices_permutes_what_they_get(net: Net, history: History, base: Base) -> None:
    order = torch.randperm(DEVICES, generator=torch.Generator().manual_seed(1))
    for name, options in (
        ("cloud_ft", {"steps": 5}),
        ("persona", {"steps": 40, "prototypes": 4, "refine": 0.0}),
    ):
        method = make_method(name, options, "fp32", net)
        cloud = method.prepare(history, base, 3)
        payloads = payloads_of(method, method.start(cloud, DEVICES), recent(method, DEVICES))
        _, updates = method.adapt(cloud, payloads, whose(DEVICES))
        _, permuted = method.adapt(cloud, rows(payloads, order), whose(DEVICES).rows(order))
        assert equal(permuted, rows(updates, order))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", OF_CLASSES)
def test_declared_bytes_are_the_bytes_written(name: str, codec: str, net: Net, history: History, base: Base) -> None:
    method = make_method(name, QUICK.get(name, {}), codec, net)
    cloud = method.prepare(history, base, 3)
    state = method.start(cloud, DEVICES)
    payloads = payloads_of(method, state, recent(method, DEVICES)) if method.window else {}
    _, updates = served(method, cloud, state, recent(method, DEVICES)) if method.window else ({}, {})
    for fields, tensors, coding, declared in (
        (method.payload_fields, payloads, method.payload_codec, method.payload_bytes),
        (method.update_fields, updates, method.update_codec, method.update_bytes),
    ):
        assert set(tensors) == {field.name for field in fields}
        assert all(tensors[field.name].shape[1:] == field.shape for field in fields)
        wire, _ = coding.encode(fields, tensors, fresh(coding, fields, "sender", DEVICES))
        written = len(coding.write(fields, wire, 0)) if fields else 0
        assert written == declared if coding.fixed else written <= declared


def test_state_goes_through_a_checkpoint(method: Method, cloud: CloudState, net: Net) -> None:
    state = method.start(cloud, DEVICES)
    if method.payload_bytes:
        cloud, updates = served(method, cloud, state, recent(method, DEVICES))
        state = {**state, **method.install(state, roundtrip(method.update_codec, method.update_fields, updates))}
    restored = load(save({name: values.contiguous() for name, values in state.items()}))
    kept = load(save(cloud))
    assert equal(restored, state)
    assert equal(kept, cloud)
    # Who goes on after a checkpoint is another object: it knows no more than what was kept.
    device, server = (make_method(method.name, QUICK.get(method.name, {}), "fp32", net) for _ in range(2))
    device.start(kept, 1)
    x = torch.randn(DEVICES, 16, 16)
    assert torch.equal(device.predict(restored, OfFeatures(x)), method.predict(state, OfFeatures(x)))
    if not method.payload_bytes:
        return
    window = recent(method, DEVICES, seed=6)
    (later, payloads), (again, sent) = method.collect(state, window), device.collect(restored, window)
    assert equal({**state, **later}, {**restored, **again})
    assert equal(payloads, sent)
    cloud, updates = answered(method, cloud, payloads, DEVICES)
    kept, made = answered(server, kept, sent, DEVICES)
    assert equal(kept, cloud)
    assert equal(made, updates)
    assert equal(device.install({**restored, **again}, made), method.install({**state, **later}, updates))


def test_adapting_leaves_the_old_cloud_as_it_was(method: Method, cloud: CloudState) -> None:
    adaptive(method)
    before = {name: values.clone() for name, values in cloud.items()}
    served(method, cloud, method.start(cloud, DEVICES), recent(method, DEVICES))
    assert equal(cloud, before)


def test_an_unknown_option_is_refused_by_name(net: Net) -> None:
    for name in OF_CLASSES:
        with pytest.raises(ValueError, match=f"{name} has no option 'depth'"):
            make_method(name, {"depth": 3}, "fp32", net)
    with pytest.raises(ValueError, match="'personna' is unknown; known are static"):
        make_method("personna", {}, "fp32", net)
