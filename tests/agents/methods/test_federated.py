"""Federated methods against what is known of them in closed form, and on devices whose groups are planted."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from federated_rounds import Clients, parabolas
from quick_methods import CLASSES, FEATURES, QUICK, recent, whose
from torch.nn import functional

from agents.methods import METHODS
from agents.methods.base import Method, Recent
from agents.methods.federated.fedasync import fresh_share
from agents.methods.federated.local_descent import Batches
from agents.methods.federated.model_merging import merged
from agents.methods.federated.options import FedAsyncOptions
from agents.methods.federated.trained import DenseLayers
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.streams.base import History

FEDERATED = [name for name, row in METHODS.items() if ".federated." in row.loads]
A, B = [1.0, 3.0, 0.5, 2.0], [2.0, -1.0, 4.0, 0.5]
RATE, STEPS = 0.1, 5
SHRINK = [(1 - RATE * a) ** STEPS for a in A]


def made(name: str, net: Net, devices: int = 6, **options: Any) -> Any:
    return make_method(name, {**QUICK[name], **options}, "fp32", net, devices=devices)


def weights(clients: Clients) -> float:
    return clients.cloud["weights"].item()


def labelled(devices: int, rows: int, seed: int, turn: int = 0) -> Recent:
    """Return full windows of clusters that are easy to tell apart; labels are turned by so much."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(CLASSES, (devices, rows), generator=generator)
    x = 0.2 * torch.randn(devices, rows, 16, generator=generator)
    x[..., :CLASSES] += functional.one_hot(label, CLASSES).float()
    return Recent(x, (label + turn) % CLASSES, torch.full((devices,), rows))


def joined(*parts: Recent) -> Recent:
    return Recent(*(torch.cat([getattr(one, name) for one in parts]) for name in ("features", "label", "count")))


def test_one_full_step_of_all_is_one_step_on_the_pooled_samples(net: Net, history: History, base: Base) -> None:
    method = made("fedavg", net, window=24, steps=1, batch=24, rate=0.3)
    clients = Clients(method, method.prepare(history, base, 3), recent(method, 6))
    clients.round()
    known = clients.recent.label.flatten() >= 0
    label = clients.recent.label.flatten()[known][None]
    start = base.head.pack(base.layers).clone().requires_grad_()
    logits = base.head.forward(base.head.unpack(start), clients.recent.features.flatten(0, 1)[known][None])
    [slope] = torch.autograd.grad(functional.cross_entropy(logits[0], label[0]), [start])
    assert torch.allclose(clients.cloud["weights"], start.detach() - 0.3 * slope, atol=1e-6)


@pytest.mark.parametrize("trains", ["head", "all"])
def test_the_squared_loss_of_all_devices_at_once_is_that_of_one_after_the_other(trains: str) -> None:
    net = make_net("mlp", (16,), CLASSES, {"hidden": [6], "layers": 1})
    method = made("fedavg", net, loss="squared", steps=3, batch=4, trains=trains)
    window, share = recent(method, 6), torch.linspace(0.1, 1.0, 12).expand(6, -1).unsqueeze(2)
    x = window.features
    start = 0.3 * torch.randn(6, method.part.params, generator=torch.Generator().manual_seed(1))
    x = x if trains == "all" else x[:, :, : method.part.shape.dims[0]].contiguous()
    label = window.label.clamp_min(0)
    found = method.part.pack(method.slopes(method.part.unpack(start), x, label, share))
    for one in range(6):
        own = start[one : one + 1].clone().requires_grad_()
        logits = method.part.forward(method.part.unpack(own), x[one : one + 1])[0]
        squares = (logits - functional.one_hot(label[one], CLASSES)).square().sum(1)
        [slope] = torch.autograd.grad((squares * share[one, :, 0]).sum() / 2.0, [own])
        assert torch.allclose(found[one], slope[0], atol=1e-5)
    assert torch.equal(
        found[2:3], method.part.pack(method.slopes(method.part.unpack(start[2:3]), x[2:3], label[2:3], share[2:3]))
    )


def test_averaging_contracts_to_its_biased_fixed_point(net: Net) -> None:
    clients = parabolas("fedavg", A, B, net, steps=STEPS, rate=RATE)
    moved = [1 - one for one in SHRINK]
    fixed = sum(m * b for m, b in zip(moved, B, strict=True)) / sum(moved)
    factor, error = sum(SHRINK) / len(SHRINK), fixed
    for _ in range(4):
        clients.round()
        assert weights(clients) - fixed == pytest.approx(-factor * error, rel=1e-4)
        error *= factor
    clients.rounds(60)
    assert weights(clients) == pytest.approx(fixed, abs=1e-5)
    optimum = sum(a * b for a, b in zip(A, B, strict=True)) / sum(A)
    assert abs(fixed - optimum) > 0.1


def test_control_variates_lead_to_the_optimum_and_their_mean_is_the_clouds(net: Net) -> None:
    clients = parabolas("scaffold", A, B, net, steps=STEPS, rate=RATE)
    for _ in range(150):
        clients.round()
        assert clients.cloud["control"].item() == pytest.approx(clients.state["control"].mean().item(), abs=1e-5)
    optimum = sum(a * b for a, b in zip(A, B, strict=True)) / sum(A)
    assert weights(clients) == pytest.approx(optimum, abs=1e-4)
    slopes = torch.tensor([a * (optimum - b) for a, b in zip(A, B, strict=True)])
    assert torch.allclose(clients.state["control"][:, 0], slopes, atol=1e-3)


def test_a_report_that_comes_to_nothing_gives_a_device_its_control_back(net: Net) -> None:
    clients = parabolas("scaffold", A, B, net, steps=STEPS, rate=RATE)
    clients.rounds(3)
    before = clients.state["control"].clone()
    clients.learn()
    assert not torch.equal(clients.state["control"], before)
    assert torch.equal(clients.method.lost(clients.state)["control"], before)
    assert clients.cloud["control"].item() == pytest.approx(before.mean().item(), abs=1e-5)


@pytest.mark.parametrize("prox", [1.0, 9.0, 999.0])
def test_a_stronger_pull_keeps_devices_nearer_to_the_round(net: Net, prox: float) -> None:
    clients = parabolas("fedprox", A, B, net, steps=400, rate=0.5 / (prox + 3.0), prox=prox)
    clients.round()
    expected = torch.tensor([a * b / (a + prox) for a, b in zip(A, B, strict=True)])
    assert torch.allclose(clients.state["w"][:, 0], expected, atol=1e-4)
    assert prox < 900 or expected.abs().max() < 0.01


def test_without_pull_and_controls_all_are_federated_averaging(net: Net) -> None:
    plain = parabolas("fedavg", A, B, net, steps=STEPS, rate=RATE)
    same = [
        parabolas("fedprox", A, B, net, steps=STEPS, rate=RATE, prox=0.0),
        parabolas("scaffold", A, B, net, steps=STEPS, rate=RATE),
        parabolas("ifca", A, B, net, steps=STEPS, rate=RATE, models=1),
    ]
    for clients in (plain, *same):
        clients.round()
    assert [weights(one) for one in same[:2]] == pytest.approx([weights(plain)] * 2)
    assert same[2].cloud["models"].item() == pytest.approx(weights(plain))


def test_a_buffer_of_all_is_a_round_of_all(net: Net) -> None:
    rounds = parabolas("fedavg", A, B, net, steps=STEPS, rate=RATE)
    buffered = parabolas("fedbuff", A, B, net, steps=STEPS, rate=RATE, buffer=len(A))
    for number in range(1, 6):
        rounds.round()
        buffered.cloud, updates = buffered.method.adapt(buffered.cloud, buffered.learn(), whose(len(A)))
        assert buffered.cloud["version"].item() == number
        # Whoever came before the buffer was full got the old model; now all get the new one.
        newest = {name: values[-1:].expand(len(A), *values.shape[1:]) for name, values in updates.items()}
        buffered.state.update(buffered.method.install(buffered.state, newest))
        assert weights(buffered) == pytest.approx(weights(rounds), abs=1e-6)


def test_a_buffer_that_is_not_full_changes_nothing(net: Net) -> None:
    clients = parabolas("fedbuff", A, B, net, steps=STEPS, rate=RATE, buffer=len(A) + 1)
    clients.cloud, _ = clients.method.adapt(clients.cloud, clients.learn(), whose(len(A)))
    assert weights(clients) == 0.0
    assert clients.cloud["buffered"].item() == len(A)


@pytest.mark.parametrize(
    ("staleness", "expected"),
    [("constant", [1, 1, 1, 1]), ("polynomial", [1, 0.5**0.5, 0.2, 0.1]), ("hinge", [1, 1, 0.1, 1 / 47.5])],
)
def test_stale_models_weigh_as_published(staleness: str, expected: list[float]) -> None:
    options = FedAsyncOptions(staleness=staleness, decay=0.5, grace=6.0)
    found = [fresh_share(options, stale) for stale in (0, 1, 24, 99)]
    assert found == pytest.approx(expected)


def test_arriving_models_are_mixed_in_one_after_the_other(net: Net) -> None:
    clients = parabolas("fedasync", A, B, net, steps=STEPS, rate=RATE, mix=0.5, decay=1.0)
    payload = clients.learn()
    clients.cloud, updates = clients.method.adapt(clients.cloud, payload, whose(len(A)))
    now, answers = 0.0, []
    for stale, learnt in enumerate(payload["weights"][:, 0].tolist()):
        now += 0.5 / (1 + stale) * (learnt - now)
        answers.append(now)
    assert updates["weights"][:, 0].tolist() == pytest.approx(answers)
    assert updates["version"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(("name", "more"), [*((name, {}) for name in FEDERATED), ("fedprox", {"loss": "squared"})])
def test_a_thousand_devices_at_once_are_a_loop_to_the_bit(
    name: str, more: dict[str, str], net: Net, history: History, base: Base
) -> None:
    method = made(name, net, **more)
    cloud, window = method.prepare(history, base, 3), recent(method, 1000)
    state = method.start(cloud, 1000)
    learnt, steps = method.learn(state, window)
    # Devices that are not due take no step.
    assert steps.tolist() == [method.learning_steps or 0] * 1000
    for row in (0, 1, 499, 998, 999):
        mine = slice(row, row + 1)
        own = Recent(window.features[mine], window.label[mine], window.count[mine])
        alone, _ = method.learn({key: values[mine] for key, values in state.items()}, own)
        assert all(torch.equal(alone[key], learnt[key][mine]) for key in alone)


@pytest.mark.parametrize("name", FEDERATED)
def test_a_device_without_labels_counts_for_nothing(name: str, net: Net, history: History, base: Base) -> None:
    method = made(name, net)
    window = recent(method, 6)
    blind = Recent(window.features, torch.full_like(window.label, -1), window.count)
    clients = Clients(method, method.prepare(history, base, 3), blind)
    before = method.predict(clients.state, window)
    later, _ = method.adapt(clients.cloud, clients.learn(), whose(6))
    kept = {name: values for name, values in clients.cloud.items() if name != "round"}
    assert all(torch.equal(later[key], values) for key, values in kept.items())
    assert torch.equal(method.predict(clients.state, window), before)


@pytest.mark.parametrize("name", [name for name in FEDERATED if "rounds" in METHODS[name].needs])
def test_who_reports_first_makes_no_difference(name: str, net: Net, history: History, base: Base) -> None:
    method = made(name, net)
    clients = Clients(method, method.prepare(history, base, 3), recent(method, 6))
    payload, order = clients.learn(), torch.tensor([3, 0, 5, 1, 4, 2])
    one, _ = method.adapt(clients.cloud, payload, whose(6))
    mixed = {key: values[order] for key, values in payload.items()}
    other, _ = method.adapt(clients.cloud, mixed, whose(6).rows(order))
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", FEDERATED)
def test_messages_are_as_long_as_the_table_says(name: str, net: Net) -> None:
    d, shared, width = net.head.params, 16 * 16 + 16, 16
    up = {"scaffold": 8 * d, "fedrep": 4 * shared, "fedproto": 4 * CLASSES * (width + 1), "ifca": 4 * d + 1}
    down = {"scaffold": 8 * d, "fedrep": 4 * shared, "fedproto": 4 * CLASSES * width, "ifca": 2 * 4 * d}
    up["driftguard"], down["driftguard"] = 4 * d + 4 + 4 * CLASSES * (width + 1), 4 * d + 1
    up["feddrift"], down["feddrift"] = 4 * d + 4 * 4 + 1, 4 * 4 * d + 4
    method = made(name, net)
    assert (method.payload_bytes, method.update_bytes) == (up.get(name, 4 * d), down.get(name, 4 * d))


def test_two_planted_groups_are_found(net: Net, history: History, base: Base) -> None:
    method = made("ifca", net, devices=20, window=32, steps=10, rate=0.5)
    window = joined(labelled(12, 32, 1), labelled(8, 32, 2, turn=1))
    clients = Clients(method, method.prepare(history, base, 3), window)
    clients.rounds(10)
    cluster = clients.state["cluster"].tolist()
    assert cluster in ([0] * 12 + [1] * 8, [1] * 12 + [0] * 8)
    assert accuracy(clients) > 0.95


def test_groups_that_drift_apart_get_models_and_groups_that_are_alike_share_one(
    net: Net, history: History, base: Base
) -> None:
    method = made("feddrift", net, devices=20, window=32, steps=10, rate=0.5, drop=0.2)
    clients = Clients(method, method.prepare(history, base, 3), labelled(20, 32, 1))
    clients.rounds(8)
    assert models_of(clients) == 1
    assert accuracy(clients) > 0.95
    clients.recent = joined(labelled(12, 32, 3), labelled(8, 32, 4, turn=1))
    clients.rounds(8)
    assert models_of(clients) == 2
    assert accuracy(clients) > 0.95
    assert len(set(clients.state["cluster"][:12].tolist())) == len(set(clients.state["cluster"][12:].tolist())) == 1
    one_for_all = made("fedavg", net, devices=20, window=32, steps=10, rate=0.5)
    plain = Clients(one_for_all, one_for_all.prepare(history, base, 3), clients.recent)
    plain.rounds(16)
    plain.state = {**plain.state, **plain.method.install(plain.state, plain.method.broadcast(plain.cloud, whose(20)))}
    assert accuracy(plain) < 0.85


def models_of(clients: Clients) -> int:
    """Return how many models devices learn."""
    return int((clients.cloud["used"] == clients.cloud["round"]).sum())


def accuracy(clients: Clients) -> float:
    x, label = clients.recent.features, clients.recent.label
    logits = clients.method.predict(clients.state, clients.recent)
    assert logits.shape[:2] == x.shape[:2]
    return (logits.argmax(2) == label).float().mean().item()


def test_models_are_merged_by_their_farthest_members() -> None:
    accuracy_of = torch.tensor([[0.90, 0.88, 0.81, 0.1], [0.88, 0.9, 0.88, 0.1], [0.81, 0.88, 0.9, 0.1], [-1.0] * 4])
    cloud = {
        "models": torch.tensor([[0.0], [4.0], [8.0], [99.0]]),
        "reports": torch.tensor([1, 3, 2, 1], dtype=torch.int32),
        "into": torch.arange(4, dtype=torch.uint8),
    }
    there = torch.tensor([True] * 4)
    near = merged(cloud, accuracy_of, there, 0.05)
    assert near["into"].tolist() == [0, 0, 2, 3]
    assert near["models"][:, 0].tolist() == [3.0, 4.0, 8.0, 99.0]
    assert near["reports"].tolist() == [4, 0, 2, 1]
    assert merged(cloud, accuracy_of, there, 0.1)["into"].tolist() == [0, 0, 0, 3]
    assert merged(cloud, accuracy_of, there, 0.01)["into"].tolist() == [0, 1, 2, 3]


def test_only_what_is_shared_is_averaged(net: Net, history: History, base: Base) -> None:
    method = made("fedrep", net)
    clients = Clients(method, method.prepare(history, base, 3), labelled(6, 12, 1))
    clients.rounds(3)
    state = {**clients.state, **method.install(clients.state, method.broadcast(clients.cloud, whose(6)))}
    assert torch.equal(state["w0"], state["w0"][:1].expand_as(state["w0"]))
    assert (state["w1"][0] - state["w1"][1]).abs().max() > 1e-3


def test_prototypes_pull_along_the_slope_of_the_distance(net: Net, history: History, base: Base) -> None:
    method = made("fedproto", net)
    clients = Clients(method, method.prepare(history, base, 3), recent(method, 5))
    clients.rounds(2)
    batches = Batches.of(method.part, clients.recent, 12)
    x, label, share = batches.step(0)
    params = {name: clients.state[name].clone().requires_grad_() for name in method.part.names}
    prototypes = clients.cloud["prototypes"].expand(5, -1, -1)
    read = method._features(params, x)[-1]
    mine = prototypes.gather(1, label[..., None].expand(-1, -1, 16))
    loss = ((read - mine).square().mean(2, keepdim=True) * share * (mine != 0).any(2, keepdim=True)).sum()
    below = method.part.names[:-2]
    slopes = torch.autograd.grad(loss, [params[name] for name in below])
    with torch.no_grad():
        found = method._pull(params, x, label, share, prototypes)
    assert all(torch.allclose(found[name], slope, atol=1e-6) for name, slope in zip(below, slopes, strict=True))


def test_a_prototype_is_the_mean_of_all_features_of_a_class(net: Net, history: History, base: Base) -> None:
    method = made("fedproto", net, steps=1, rate=1e-9)
    clients = Clients(method, method.prepare(history, base, 3), recent(method, 9))
    clients.round()
    features = method._features(clients.state, clients.recent.features)[-1].flatten(0, 1)
    label = clients.recent.label.flatten()
    expected = torch.stack([features[label == one].mean(0) for one in range(CLASSES)])
    assert torch.allclose(clients.cloud["prototypes"][0], expected, atol=1e-5)


@pytest.mark.parametrize("name", FEDERATED)
@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_whole_nets_are_learnt(name: str, model: str, history: History, base: Base) -> None:
    net = base.net if model == "mlp" else make_net("cnn", (1, 8, 8), CLASSES, {"channels": (2, 3), "hidden": (8, 8)})
    if model == "cnn" and name in ("fedrep", "fedproto", "driftguard"):
        with pytest.raises(ValueError, match=f"{name} takes dense layers apart"):
            made(name, net, trains="all")
        return
    method: Method = made(name, net, trains="all", steps=2)
    assert method.sees == "raw"
    trunk = net.build_trunk().eval()
    own = Base(net, trunk, net.head.unpack(0.1 * torch.randn(1, net.head.params))) if model == "cnn" else base
    raw = torch.rand(3, method.window, *net.input_shape)
    label = torch.randint(-1, CLASSES, (3, method.window))
    window = Recent(raw[..., 0], label, torch.full((3,), method.window), raw=raw)
    clients = Clients(method, method.prepare(history, own, 3), window)
    before = method.predict(clients.state, window)
    assert torch.allclose(before[0], own.head.forward(own.layers, own.features(raw[:1]))[0], atol=1e-5)
    if "duty" in clients.state:
        clients.state["duty"].fill_(3)
    payload = clients.learn()
    assert not torch.equal(method.predict(clients.state, window), before)
    assert all(torch.isfinite(values.float()).all() for values in payload.values())


def test_a_convolutional_net_learns_as_plain_torch_does() -> None:
    net = make_net("cnn", (1, 8, 8), CLASSES, {"channels": (2, 3), "hidden": (8, 8)})
    method = made("fedavg", net, window=5, batch=5, steps=1, rate=1.0, trains="all")
    trunk = net.build_trunk().eval()
    base = Base(net, trunk, net.head.unpack(0.3 * torch.randn(1, net.head.params)))
    cloud = method.prepare(None, base, 3)
    raw, label = torch.rand(2, 5, 1, 8, 8), torch.randint(0, CLASSES, (2, 5))
    learnt, _ = method.learn(method.start(cloud, 2), Recent(raw, label, torch.full((2,), 5), raw=raw))
    for device in range(2):
        trunk.zero_grad()
        layers = {name: values.clone().requires_grad_() for name, values in base.layers.items()}
        loss = functional.cross_entropy(net.head.forward(layers, trunk(raw[device])[None])[0], label[device])
        loss.backward()
        for name, values in trunk.named_parameters():
            assert values.grad is not None
            expected = (values - values.grad).detach()
            assert torch.allclose(learnt[f"trunk.{name}"][device], expected, atol=1e-5)


def test_what_has_no_layer_below_the_last_is_refused(net: Net) -> None:
    one = make_net("mlp", (12,), CLASSES, {"hidden": [16], "layers": 1})
    for name in ("fedrep", "fedproto", "driftguard"):
        with pytest.raises(ValueError, match=r"layers: 2.*trains: all"):
            made(name, one)
    assert isinstance(made("fedrep", one, trains="all").part, DenseLayers)


def test_only_the_group_that_errs_retrains_its_own_layer(net: Net, history: History, base: Base) -> None:
    method = made("driftguard", net, apart=0.2, smallest=2, poor=0.7, rate=0.3)
    x = torch.randn(6, 12, FEATURES, generator=torch.Generator().manual_seed(3)).tanh()
    x = torch.where((torch.arange(6) >= 4)[:, None, None], 0.2 * x + 0.7, x)
    right = base.head.forward(base.layers, x).argmax(2)
    label = torch.where((torch.arange(6) >= 4)[:, None], (right + 1) % CLASSES, right)
    clients = Clients(method, method.prepare(history, base, 3), Recent(x, label, torch.full((6,), 12)))
    before = clients.cloud["models"].clone()
    clients.round()
    duty = method.broadcast(clients.cloud, whose(6))["duty"].tolist()
    assert duty[:4] == [0] * 4
    assert duty[4] & 1
    assert duty[5] & 1
    assert torch.equal(clients.cloud["models"], before)
    clients.round()
    mine = method.broadcast(clients.cloud, whose(6))["weights"]
    assert torch.equal(mine[0, -method.part.last :], before[0, -method.part.last :])
    assert not torch.equal(mine[4, -method.part.last :], before[0, -method.part.last :])
