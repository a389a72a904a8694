from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import CLASSES, QUICK, recent, served

from agents.codecs.base import roundtrip
from agents.methods.base import CloudState, OfFeatures, Recent, Updates, Who
from agents.methods.making import make_method
from agents.methods.past_windows import Contexts, Windows
from agents.methods.persona.adapter import bounded
from agents.methods.persona.method import Persona
from agents.methods.persona.prototypes import BATCH
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


def first_heads(cloud: CloudState, updates: Updates) -> torch.Tensor:
    """Return the first heads of the prototypes that updates name; of none, the base."""
    number = updates["prototype"].long().clamp_max(len(cloud["centres"]))
    return torch.cat([cloud["frozen.born"], cloud["base"]])[number]


@pytest.mark.parametrize(("dims", "sent"), [((32, 32, 32), 8448), ((64, 128, 64, 1), 66_564)])
def test_an_edit_costs_the_bytes_of_the_head_exactly(dims: tuple[int, ...], sent: int) -> None:
    net = Net("head", (dims[0],), HeadShape(dims), torch.nn.Identity, 1.0, {})
    for codec, share in (("fp32", 1), ("fp16", 2), ("int8", 4)):
        assert made(net, codec).update_bytes == sent // share


def test_a_window_costs_its_features_and_two_bytes_and_two_more_for_the_handshake() -> None:
    net = make_net("mlp", (1, 8, 8), 10, {})
    assert make_method("persona", {}, "fp32", net).payload_bytes == 16 * 32 * 4 + 2
    assert make_method("persona", {}, "int8", net).payload_bytes == 16 * 32 + 2
    assert make_method("persona", {"brings": "when_changed", "gate": 0.1}, "int8", net).payload_bytes == 16 * 32 + 4
    assert make_method("persona", {"uplink": "raw"}, "fp32", net).payload_bytes == 16 * 64 + 2
    assert make_method("persona", {}, "fp32", net).update_bytes == 5544


@pytest.mark.parametrize(("dims", "sent"), [((32, 32, 32), 256), ((64, 128, 64, 1), 384)])
def test_codes_cost_256_or_384_bytes_and_a_quarter_of_it_as_int8(dims: tuple[int, ...], sent: int) -> None:
    net = Net("head", (dims[0],), HeadShape(dims), torch.nn.Identity, 1.0, {})
    assert made(net, "fp32", reply="code", code=32).update_bytes == sent
    assert made(net, "int8", reply="code", code=32).update_bytes == sent // 4


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
    expected = first_heads(cloud, updates) + updates["edit"]
    assert torch.equal(method.head.pack(state), expected)
    assert torch.equal(state["prototype"], updates["prototype"].long())


def test_batched_edited_inference_is_a_loop_over_devices(net: Net, history: History, base: Base) -> None:
    method = made(net)
    cloud, updates = prepared(method, history, base)
    state, x = method.install(method.start(cloud, DEVICES), updates), torch.randn(DEVICES, 16, 16)
    logits = method.predict(state, OfFeatures(x))
    for device in range(DEVICES):
        packed = first_heads(cloud, updates)[device] + updates["edit"][device]
        weight0, bias0, weight1, bias1 = packed.split([256, 16, 64, CLASSES])
        hidden = torch.tanh(x[device] @ weight0.view(16, 16) + bias0)
        assert torch.allclose(logits[device], hidden @ weight1.view(16, CLASSES) + bias1, atol=1e-5)


def test_a_generated_head_is_as_large_as_it_needs_to_be(net: Net, history: History, base: Base) -> None:
    method = make_method("persona", {"form": "generate", "steps": 40, "window": 8}, "int8", net)
    assert isinstance(method, Persona)
    cloud, updates = prepared(method, history, base)
    window = recent(method, DEVICES)
    with torch.no_grad():
        heads = method._adapters_of(cloud, "frozen.group.")[0](window.features, window.count)[1]
    some = window.count > 0
    assert heads.abs().max() > method.options.tau
    assert torch.allclose(updates["edit"][some], heads[some], atol=1e-5)


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
    method = made(net, steps=300, tau=1.0)
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


def test_with_numbers_only_nothing_but_the_header_comes_down(net: Net, history: History, base: Base) -> None:
    method = made(net, reply="number", group_steps=150)
    assert method.update_bytes == 0
    cloud, updates = prepared(method, history, base)
    state = method.install(method.start(cloud, DEVICES), updates)
    x, heads = torch.randn(DEVICES, 8, 16), first_heads(cloud, updates)
    assert torch.equal(method.predict(state, OfFeatures(x)), method.head.forward(method.head.unpack(heads), x))
    assert sum(values.nbytes for values in state.values()) < 8 * DEVICES


@pytest.mark.parametrize("adapters", ["group", "single"])
def test_codes_make_the_same_head_on_the_device_as_the_edit_would(
    net: Net, history: History, base: Base, adapters: str
) -> None:
    heads = []
    for reply in ("edit", "code"):
        method = made(net, reply=reply, adapters=adapters)
        cloud, updates = prepared(method, history, base)
        heads.append(method.head.pack(method.install(method.start(cloud, DEVICES), updates)))
    assert torch.equal(*heads)


def refined(net: Net, history: History, base: Base, **options: Any) -> tuple[Persona, list[Updates], list[Any]]:
    """Serve the same windows six times; return the method, its updates, and the states of devices afterwards."""
    method = made(net, refine=0.2, **options)
    cloud = method.prepare(history, base, 3)
    state, updates, states = method.start(cloud, DEVICES), [], []
    for _ in range(6):
        cloud, update = served(method, cloud, state, recent(method, DEVICES))
        state = method.install(state, update)
        updates.append(update)
        states.append(state)
    return method, updates, states


MOVING: dict[str, Any] = {"reply": "number", "publish_every": 8, "group_steps": 20}


def test_refined_prototypes_reach_devices_when_they_change_and_only_then(
    net: Net, history: History, base: Base
) -> None:
    method, updates, states = refined(net, history, base, brings="when_changed", **MOVING)
    _, _, always = refined(net, history, base, brings="always", **MOVING)
    assert not updates[0]["brought"][:BATCH].any()
    assert any(update["brought"].any() for update in updates)
    assert not all(update["brought"].all() for update in updates[1:])
    for name, values in always[-1].items():
        assert torch.equal(states[-1][name], values), "what a device knows it is not told again"
    born = first_heads(method.prepare(history, base, 3), updates[-1])
    moved = method.head.pack(states[-1]) - born
    assert torch.allclose(moved, states[-1]["moved"], atol=1e-6)
    assert moved.abs().max() > 0.01


@pytest.mark.parametrize("reply", ["edit", "code"])
def test_an_edit_makes_up_for_how_far_its_prototype_has_moved_and_leaves_it_there_when_it_expires(
    net: Net, history: History, base: Base, reply: str
) -> None:
    kept = {"expires": 60.0, "reply": reply, "publish_every": 8, "tau": 2.0}
    method, updates, states = refined(net, history, base, brings="always", **kept)
    _, _, fixed = refined(net, history, base, reply=reply, tau=2.0, expires=60.0)
    same = updates[-1]["prototype"] == fixed[-1]["prototype"]
    assert same.float().mean() > 0.5
    heads = method.head.pack(states[-1]), method.head.pack(fixed[-1])
    assert torch.allclose(heads[0][same], heads[1][same], atol=1e-5)
    left = method.head.pack(method.expired(states[-1]))
    born = first_heads(method.prepare(history, base, 3), updates[-1])
    assert torch.allclose(left, born + states[-1]["moved"])
    assert states[-1]["moved"].any()


def test_windows_that_find_another_prototype_than_at_first_get_its_own_edit(
    net: Net, history: History, base: Base
) -> None:
    method = made(net, refine=0.9, hysteresis=0.0, prototypes=4, group_steps=20)
    cloud = method.prepare(history, base, 3)
    _, payloads = method.collect(method.start(cloud, DEVICES), recent(method, DEVICES))
    payloads = {name: values.repeat(4, *[1] * (values.dim() - 1)) for name, values in payloads.items()}
    zeros = torch.zeros(len(payloads["count"]), dtype=torch.int64)
    who = Who(torch.arange(len(zeros)), zeros, zeros.double(), zeros)
    _, at_once = method.adapt(cloud, payloads, who)
    later, parts = cloud, []
    for first in range(0, len(zeros), 17):
        part = slice(first, first + 17)
        later, some = method.adapt(later, {name: values[part] for name, values in payloads.items()}, who.rows(part))
        parts.append(some)
    for name, values in at_once.items():
        assert torch.equal(values, torch.cat([part[name] for part in parts])), name
    prototype = at_once["prototype"]
    assert (prototype[:DEVICES] != prototype[-DEVICES:]).any(), "no window has changed its prototype: nothing is tested"


def test_a_prototype_is_paid_for_when_it_comes_along(net: Net, history: History, base: Base) -> None:
    method, updates, _ = refined(net, history, base, brings="when_changed", expires=9.0, publish_every=8)
    params, codec = method.head.params, method.update_codec
    for update in updates:
        wire, _ = codec.encode(method.update_fields, update, {})
        sizes, brought = codec.nbytes(method.update_fields, wire), update["brought"].long()
        assert torch.equal(sizes, 1 + 4 * params * (1 + brought))
        for row in (0, 1):
            written = codec.write(method.update_fields, wire, row)
            assert len(written) == int(sizes[row])
            alone = {name: values[row : row + 1] for name, values in update.items()}
            header = {field.name: alone[field.name] for field in method.update_fields if field.header}
            read, _ = codec.decode(method.update_fields, codec.read(method.update_fields, written) | header, {})
            assert all(torch.equal(read[name], values) for name, values in alone.items())


def test_a_codec_that_remembers_is_refused_where_parts_are_left_out(net: Net) -> None:
    with pytest.raises(ValueError, match="this codec remembers them"):
        make_method("persona", {**QUICK["persona"], "brings": "when_changed", "gate": 0.1}, "delta", net)


def test_an_edit_expires_to_its_prototype_and_no_prototype_to_the_base(net: Net, history: History, base: Base) -> None:
    method = made(net, expires=60.0)
    assert method.expires_s == 60.0
    cloud, updates = prepared(method, history, base)
    fresh = method.start(cloud, DEVICES)
    assert torch.equal(method.head.pack(method.expired(fresh)), cloud["base"].expand(DEVICES, -1))
    later = method.expired(method.install(fresh, updates))
    assert torch.equal(method.head.pack(later), first_heads(cloud, updates))


def test_a_whole_head_that_expires_leaves_the_base(net: Net, history: History, base: Base) -> None:
    method = make_method("persona", {"form": "generate", "steps": 40, "window": 8, "expires": 60.0}, "fp32", net)
    assert isinstance(method, Persona)
    cloud, updates = prepared(method, history, base)
    later = method.expired(method.install(method.start(cloud, DEVICES), updates))
    assert torch.equal(method.head.pack(later), cloud["base"].expand(DEVICES, -1))


def test_windows_that_do_not_fit_get_no_edit(net: Net, history: History, base: Base) -> None:
    method = made(net, gate=0.2)
    cloud = method.prepare(history, base, 3)
    known = Contexts.of(history.validation, base).draw(400, method.window, generator(9, Purpose.METHOD)).window
    window = Recent(known, torch.full(known.shape[:2], -1), torch.full((400,), method.window))
    state = method.start(cloud, 400)
    _, updates = served(method, cloud, state, window)
    plain = updates["plain"].bool()
    assert 0.1 < plain.float().mean() < 0.3
    heads = method.head.pack(method.install(state, updates))
    assert torch.equal((heads == first_heads(cloud, updates)).all(1), plain)


def test_two_separate_groups_of_contexts_are_better_served_by_two_prototypes(base: Base, history: History) -> None:
    """With one prototype all windows share a head; with as many as contexts each context has its own."""
    losses = []
    for prototypes in (1, 3):
        method = made(base.net, prototypes=prototypes, reply="number", steps=400, tau=1.0, group_steps=150)
        cloud = method.prepare(history, base, 3)
        held = Contexts.of(history.validation, base).draw(300, method.window, generator(9, Purpose.METHOD))
        losses.append(1.0 - accuracy(method, cloud, held, 0))
    assert losses[1] < losses[0] - 0.02


@pytest.mark.parametrize("adapters", ["group", "single"])
@pytest.mark.parametrize("prototypes", [1, 3])
def test_edits_of_prototypes_begin_where_those_of_the_base_led_however_many_are_at_the_bound(
    net: Net, history: History, base: Base, prototypes: int, adapters: str
) -> None:
    tau = 0.02
    method = made(net, prototypes=prototypes, group_steps=0, tau=tau, adapters=adapters)
    cloud = method.prepare(history, base, 3)
    seen = Contexts.of(history.for_adapters, base).draw(400, method.window, generator(9, Purpose.METHOD))
    with torch.no_grad():
        edit = bounded(method.adapter(seen.window, seen.real)[1], tau)
    assert (edit.abs() > 0.9 * tau).float().mean() > 0.3
    window = Recent(seen.window, torch.full(seen.window.shape[:2], -1), seen.real)
    state = method.start(cloud, 400)
    _, updates = served(method, cloud, state, window)
    away = method.head.pack(method.install(state, updates)) - cloud["base"] - edit
    own = torch.unique(updates["prototype"]) if adapters == "group" else [None]
    for number in own:
        rows = updates["prototype"] == number if number is not None else slice(None)
        assert away[rows].mean(0).abs().mean() < 0.25 * tau


def test_with_one_prototype_group_and_single_adapters_are_one(net: Net, history: History, base: Base) -> None:
    forms = []
    for adapters in ("group", "single"):
        method = made(net, prototypes=1, adapters=adapters, group_steps=0)
        cloud, updates = prepared(method, history, base)
        forms.append(method.head.pack(method.install(method.start(cloud, DEVICES), updates)))
    assert torch.allclose(*forms, atol=1e-5)


@pytest.mark.parametrize(
    "ablation",
    [
        {"transfer": "linear"},
        {"pooling": "gru"},
        {"refine": 0.0},
        {"hysteresis": 0.0},
        {"adapters": "single"},
        {"assign": "smallest_edit"},
        {"prototype_from": "fine_tuned"},
        {"prototype_from": "centre", "assign": "smallest_edit"},
        {"brings": "always", "expires": 9.0},
    ],
)
def test_every_ablation_serves(net: Net, history: History, base: Base, ablation: dict[str, Any]) -> None:
    method = made(net, **ablation)
    _, updates = prepared(method, history, base)
    assert torch.isfinite(updates["edit"]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"transfer": "lstm"}, "'lstm' is unknown; known are gru, linear"),
        ({"prototypes": 0}, "prototypes=0 must be 1 to 255"),
        ({"window": 256}, "window=256"),
        ({"stale": 2.0}, "stale=2.0 must be 0 to 1"),
        ({"tau": 0.0}, "tau=0.0 must be above 0"),
        ({"form": "generate", "prototypes": 4}, "prototypes: has no effect with 'form: generate'"),
        ({"adapters": "single", "assign": "smallest_edit"}, "assign: 'adapters: single' makes the same edit"),
        ({"refine_step": 0.3}, "refine_step: has no effect with 'brings: never'"),
        ({"refine": 0.0, "brings": "always", "gate": 0.1}, "brings: has no effect with 'refine: 0'"),
        ({"brings": "always"}, "brings: has no effect with 'reply: edit' unless"),
        ({"reply": "number", "gate": 0.1}, "gate: has no effect with 'reply: number'"),
        ({"uplink": "ids"}, "'uplink: ids' does not go with mlp; write 'uplink: raw' or 'features'"),
    ],
)
def test_options_that_cannot_work_are_refused(net: Net, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(net, **options)
