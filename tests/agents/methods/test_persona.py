from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import CLASSES, QUICK, recent, served

from agents.codecs.base import roundtrip
from agents.methods.base import CloudState, OfFeatures, Recent, Updates
from agents.methods.making import make_method
from agents.methods.persona import Persona
from agents.methods.persona_training import Contexts, Windows
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.models.making import make_net
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import History

DEVICES = 37


def made(net: Net, codec: str = "fp32", **options: Any) -> Persona:
    method = make_method("persona", {**QUICK["persona"], **options}, codec, net)
    assert isinstance(method, Persona)
    return method


def prepared(method: Persona, history: History, base: Base) -> tuple[CloudState, Updates]:
    cloud = method.prepare(history, base, 3)
    return cloud, served(method, cloud, method.start(cloud, DEVICES), recent(method, DEVICES))[1]


@pytest.mark.parametrize(("dims", "sent"), [((32, 32, 32), 8448), ((64, 128, 64, 1), 66_564)])
def test_an_edit_costs_the_bytes_of_the_head_exactly(dims: tuple[int, ...], sent: int) -> None:
    net = Net("head", (dims[0],), HeadShape(dims), torch.nn.Identity, 1.0, {})
    for codec, share in (("fp32", 1), ("fp16", 2), ("int8", 4)):
        assert made(net, codec).update_bytes == sent // share


def test_a_window_costs_its_features_and_four_bytes() -> None:
    net = make_net("mlp", (1, 8, 8), 10, {})
    assert make_method("persona", {}, "fp32", net).payload_bytes == 16 * 32 * 4 + 4
    assert make_method("persona", {}, "int8", net).payload_bytes == 16 * 32 + 4
    assert make_method("persona", {}, "fp32", net).update_bytes == 5544


def test_edits_are_bounded_whatever_the_window_and_int8_errs_by_half_a_step(
    net: Net, history: History, base: Base
) -> None:
    method = made(net, "int8", tau=0.05)
    _, updates = prepared(method, history, base)
    assert updates["edit"].abs().max() <= 0.05
    assert updates["edit"].abs().max() > 0
    received = roundtrip(method.update_codec, method.update_fields, updates)
    assert (received["edit"] - updates["edit"]).abs().max() <= 0.05 / 254 * 1.001


def test_a_device_ends_with_its_prototype_plus_its_edit(net: Net, history: History, base: Base) -> None:
    method = made(net)
    cloud, updates = prepared(method, history, base)
    state = method.install(method.start(cloud, DEVICES), updates)
    expected = cloud["born"][updates["prototype"].long()] + updates["edit"]
    assert torch.equal(method.head.pack(state), expected)
    assert torch.equal(state["prototype"], updates["prototype"].long())


def test_batched_edited_inference_is_a_loop_over_devices(net: Net, history: History, base: Base) -> None:
    method = made(net)
    cloud, updates = prepared(method, history, base)
    state, x = method.install(method.start(cloud, DEVICES), updates), torch.randn(DEVICES, 16, 16)
    logits = method.predict(state, OfFeatures(x))
    for device in range(DEVICES):
        packed = cloud["born"][updates["prototype"][device].long()] + updates["edit"][device]
        weight0, bias0, weight1, bias1 = packed.split([256, 16, 64, CLASSES])
        hidden = torch.tanh(x[device] @ weight0.view(16, 16) + bias0)
        assert torch.allclose(logits[device], hidden @ weight1.view(16, CLASSES) + bias1, atol=1e-5)


def test_an_empty_window_calls_for_the_base_head(net: Net, history: History, base: Base) -> None:
    method = made(net, tau=1.0)
    cloud = method.prepare(history, base, 3)
    nothing = Recent(
        features=torch.zeros(2, method.window, 16),
        label=torch.full((2, method.window), -1),
        count=torch.zeros(2, dtype=torch.int64),
    )
    state = method.start(cloud, 2)
    _, updates = served(method, cloud, state, nothing)
    assert torch.allclose(method.head.pack(method.install(state, updates)), cloud["base"].expand(2, -1), atol=1e-6)


def test_a_window_tells_the_context_and_lifts_the_base(net: Net, history: History, base: Base) -> None:
    method = made(net, steps=400, tau=1.0)
    cloud = method.prepare(history, base, 3)
    held = Contexts.of(history.validation, base).draw(200, method.window, generator(9, Purpose.METHOD))
    right, wrong = (accuracy(method, cloud, held, turned) for turned in (0, 67))
    still = held.query.flatten(0, 1).unsqueeze(0)
    base_right = (base.head.forward(base.layers, still)[0].argmax(1) == held.label.flatten()).float().mean().item()
    assert right > base_right + 0.03
    assert wrong < right - 0.03


def accuracy(method: Persona, cloud: CloudState, held: Windows, turned: int) -> float:
    """Return the accuracy on queries with heads made from windows, turned round by some devices."""
    devices = len(held.window)
    window = Recent(held.window.roll(turned, 0), torch.full(held.window.shape[:2], -1), held.real.roll(turned, 0))
    state = method.start(cloud, devices)
    _, updates = served(method, cloud, state, window)
    logits = method.predict(method.install(state, updates), OfFeatures(held.query))
    return (logits.argmax(2) == held.label).float().mean().item()


def test_with_prototypes_only_nothing_but_the_header_comes_down(net: Net, history: History, base: Base) -> None:
    method = made(net, reply="prototype")
    assert method.update_bytes == 0
    cloud, updates = prepared(method, history, base)
    state = method.install(method.start(cloud, DEVICES), updates)
    x, heads = torch.randn(DEVICES, 8, 16), cloud["born"][updates["prototype"].long()]
    assert torch.equal(method.predict(state, OfFeatures(x)), method.head.forward(method.head.unpack(heads), x))
    assert sum(values.nbytes for values in state.values()) < 8 * DEVICES


def test_brought_prototypes_follow_refinement_and_pay_for_it(net: Net, history: History, base: Base) -> None:
    resident = made(net, refine=0.2, publish_every=2)
    brought = made(net, refine=0.2, publish_every=2, resident=False)
    assert brought.update_bytes == 2 * resident.update_bytes
    _, kept = prepared(resident, history, base)
    cloud, moved = prepared(brought, history, base)
    assert int(kept["version"].max()) == 0
    assert int(moved["version"].max()) > 0
    newest = moved["version"] > 0
    assert (moved["start"][newest] != cloud["born"][moved["prototype"].long()][newest]).any()
    assert torch.equal(moved["start"][~newest], cloud["born"][moved["prototype"].long()][~newest])


@pytest.mark.parametrize("ablation", [{"transfer": "gru"}, {"pooling": "gru"}, {"refine": 0.0}, {"hysteresis": 0.0}])
def test_every_ablation_serves(net: Net, history: History, base: Base, ablation: dict[str, Any]) -> None:
    method = made(net, **ablation)
    _, updates = prepared(method, history, base)
    assert torch.isfinite(updates["edit"]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"transfer": "lstm"}, "'lstm' is unknown; known are linear, gru"),
        ({"prototypes": 0}, "prototypes=0 must be 1 to 256"),
        ({"window": 256}, "window=256"),
        ({"stale": 2.0}, "stale=2.0 must be 0 to 1"),
        ({"tau": 0.0}, "tau=0.0 must be above 0"),
    ],
)
def test_options_that_cannot_work_are_refused(net: Net, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(net, **options)
