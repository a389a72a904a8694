"""What the cloud makes of pooled labels, of a zoo, of a teacher and of shared domains."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import FEATURES, QUICK, payloads_of, recent, whose

from agents.methods.assisted.cema import Cema
from agents.methods.assisted.cola import Cola
from agents.methods.base import CloudState, Method, OfFeatures, Payload, Recent, Updates, Who
from agents.methods.group_ft import moments
from agents.methods.making import make_method
from agents.methods.test_time.entropy import Predictions
from agents.models.base import Base, Net
from agents.models.fitting import fit_heads
from agents.streams.base import History

DEVICES = 12


@pytest.fixture
def made(net: Net, history: History, base: Base) -> Any:
    def make(name: str, **options: Any) -> tuple[Any, CloudState]:
        method = make_method(name, {**QUICK[name], **options}, "fp32", net)
        return method, method.prepare(history, base, 3)

    return make


def asked(method: Method, cloud: CloudState, seed: int = 5, at_s: float = 0.0) -> tuple[CloudState, Payload, Updates]:
    payloads = payloads_of(method, method.start(cloud, DEVICES), recent(method, DEVICES, seed))
    number = torch.arange(DEVICES)
    later, updates = method.adapt(cloud, payloads, Who(number, number, torch.full((DEVICES,), at_s), number))
    return later, payloads, updates


def test_a_refreshed_head_is_the_fit_to_all_labels_at_once(made: Any, base: Base) -> None:
    method, cloud = made("cloud_refresh", window=8, pool=256, every=60.0)
    cloud, payloads, updates = asked(method, cloud)
    start = base.head.pack(base.layers)
    assert torch.equal(updates["head"], start.expand(DEVICES, -1))
    known = payloads["label"] != 255
    x, label = payloads["features"][known][None], payloads["label"][known].long()[None]
    pooled = fit_heads(base.head, start, x, label, method.options.steps, method.options.rate)
    _, _, updates = asked(method, cloud, at_s=61.0)
    torch.testing.assert_close(updates["head"], pooled.expand(DEVICES, -1), rtol=0, atol=1e-6)


def test_the_pool_keeps_the_newest_labels_however_requests_are_batched(made: Any) -> None:
    method, cloud = made("cloud_refresh", window=8, pool=16, every=1.0)
    payloads = payloads_of(method, method.start(cloud, DEVICES), recent(method, DEVICES))
    whole, _ = method.adapt(cloud, payloads, whose(DEVICES))
    by_one = cloud
    for row in range(DEVICES):
        one = {name: values[row : row + 1] for name, values in payloads.items()}
        by_one, _ = method.adapt(by_one, one, whose(DEVICES).rows(slice(row, row + 1)))
    assert all(torch.equal(whole[name], by_one[name]) for name in whole)
    newest = payloads["label"][payloads["label"] != 255][-16:]
    assert sorted(whole["pool.label"].tolist()) == sorted(newest.tolist())


def labelled_by(head: torch.Tensor, method: Any, seed: int) -> Payload:
    x = torch.randn(1, method.window, FEATURES, generator=torch.Generator().manual_seed(seed)).tanh()
    label = method.head.forward(method.head.unpack(head[None]), x).argmax(2)
    return {"features": x, "label": label.to(torch.uint8)}


def test_each_head_of_the_zoo_is_found_by_its_own_labels(made: Any) -> None:
    method, cloud = made("model_zoo", steps=1, margin=1.0)
    cloud["zoo"] = cloud["zoo"] + 2.0 * torch.randn(cloud["zoo"].shape, generator=torch.Generator().manual_seed(1))
    for place in torch.nonzero(cloud["used"] >= 0)[:, 0].tolist():
        _, updates = method.adapt(cloud, labelled_by(cloud["zoo"][place], method, place), whose(1))
        assert torch.equal(updates["head"][0], cloud["zoo"][place])


def test_a_concept_that_comes_back_gets_its_own_head_and_no_new_one(made: Any) -> None:
    method, cloud = made("model_zoo", steps=150, rate=0.05, window=120, size=4, groups=0)
    worlds = 3.0 * torch.randn(2, method.head.params, generator=torch.Generator().manual_seed(2))
    heads = []
    for world in (0, 1, 0):
        cloud, updates = method.adapt(cloud, labelled_by(worlds[world], method, world), whose(1))
        heads.append(updates["head"][0])
    assert torch.equal(heads[2], heads[0])
    assert not torch.equal(heads[1], heads[0])
    assert int((cloud["used"] >= 0).sum()) == 3


def test_a_full_zoo_gives_up_the_head_longest_unused_but_never_the_base(made: Any) -> None:
    method, cloud = made("model_zoo", steps=150, rate=0.05, window=120, size=2, groups=0)
    base = cloud["zoo"][0].clone()
    for seed in range(3):
        world = 3.0 * torch.randn(method.head.params, generator=torch.Generator().manual_seed(10 + seed))
        cloud, _ = method.adapt(cloud, labelled_by(world, method, seed), whose(1))
    assert torch.equal(cloud["zoo"][0], base)
    assert cloud["used"].tolist()[1] == 3


@pytest.mark.parametrize("which", ["steepest", "last"])
@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_no_more_weights_change_than_the_share(made: Any, share: float, which: str) -> None:
    method, cloud = made("distill", share=share, which=which)
    _, _, updates = asked(method, cloud)
    changed = (updates["head"] != cloud["head"]).sum(1)
    assert changed.max() <= int(share * method.head.params)
    assert changed.max() > 0.5 * share * method.head.params * (which == "steepest")


def test_students_come_nearer_to_the_teacher(made: Any) -> None:
    method, cloud = made("distill", steps=60, rate=0.02, share=1.0, lessons=100)
    _, payloads, updates = asked(method, cloud)
    full = payloads["count"] > 20
    seen = moments(payloads["features"], payloads["count"].long())
    taught = method.teacher.labels(cloud, payloads["features"], seen).argmax(2)
    real = torch.arange(method.window) < payloads["count"].long()[:, None]

    def agreement(heads: torch.Tensor) -> torch.Tensor:
        said = method.head.forward(method.head.unpack(heads), payloads["features"]).argmax(2)
        return (((said == taught) & real).sum(1) / real.sum(1))[full].mean()

    before, after = agreement(cloud["head"].expand(DEVICES, -1)), agreement(updates["head"])
    assert after > before + 0.1


def test_the_student_goes_on_from_the_copy_of_its_device(made: Any) -> None:
    method, cloud = made("distill", share=0.1)
    later, _, first = asked(method, cloud)
    _, _, second = asked(method, later, seed=6)
    asks = payloads_of(method, method.start(cloud, DEVICES), recent(method, DEVICES, 6))["count"] > 0
    steps = int(0.1 * method.head.params)
    assert ((second["head"] != first["head"]).sum(1)[asks] <= steps).all()


def test_more_samples_are_kept_the_higher_the_bound(made: Any) -> None:
    share = torch.rand(3, 50, 4, generator=torch.Generator().manual_seed(0)).pow(3)
    logits = (share / share.sum(2, keepdim=True)).log()
    seen, kept = Predictions.of(logits, torch.ones(3, 50)), []
    for high in (0.2, 0.4, 0.6, 0.8, 1.0):
        method: Cema = made("cema", high=high, redundant=1.0)[0]
        kept.append(method.kept(torch.zeros(3, 4), seen).sum())
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]


def test_without_a_filter_the_newest_go_up_in_their_order(made: Any) -> None:
    method, cloud = made("cema", filtered=False)
    window = recent(method, DEVICES)
    payloads = payloads_of(method, method.start(cloud, DEVICES), window)
    for row in range(DEVICES):
        count = int(window.count[row])
        newest = window.features[row, max(0, count - method.options.upload) : count]
        assert int(payloads["count"][row]) == len(newest)
        assert torch.equal(payloads["features"][row, : len(newest)], newest)
        assert not payloads["features"][row, len(newest) :].any()


def test_a_student_that_agrees_with_the_teacher_stays(made: Any) -> None:
    method, cloud = made("cema", entropy=0.0, filtered=False)
    rows = {
        "features": torch.randn(2, 8, FEATURES),
        "statistics": torch.cat([cloud["norm.mean"][:, 0], cloud["norm.var"][:, 0]], 1).expand(2, -1),
        "count": torch.full((2,), 8, dtype=torch.uint8),
    }
    method.teacher.labels = lambda _, x, seen: method.predict(method.start(cloud, len(x)), OfFeatures(x))
    _, updates = method.adapt(cloud, rows, whose(2))
    torch.testing.assert_close(updates["affine"], method.known(cloud)["affine"].expand(2, -1), rtol=0, atol=1e-2)


def test_what_dims_or_shifts_all_features_reaches_no_teacher(made: Any) -> None:
    method, cloud = made("cema", prior=0.0, filtered=False, upload=20)
    x = torch.randn(2, 20, FEATURES, generator=torch.Generator().manual_seed(4)).tanh()
    count, seen = torch.full((2,), 20), []
    method.teacher.labels = lambda _, aligned, past: seen.append(aligned) or method.head.forward(cloud, aligned)
    for features in (x, 0.3 * x + 0.2):
        payloads = payloads_of(method, method.start(cloud, 2), Recent(features, torch.full((2, 20), -1), count))
        method.adapt(cloud, payloads, whose(2))
    torch.testing.assert_close(seen[0][:2], seen[1][:2], rtol=0, atol=2e-2)


def sent(method: Cola, cloud: CloudState, vectors: torch.Tensor, domains: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return devices that have just been sent these vectors, one row each."""
    places, there = method.options.vectors, torch.zeros(1, method.options.vectors, dtype=torch.uint8)
    there[:, : len(vectors)] = 1
    padded = [torch.cat([part, part.new_zeros(places - len(part), part.shape[1])])[None] for part in (vectors, domains)]
    return dict(method.install(method.start(cloud, 1), {"vectors": padded[0], "domains": padded[1], "there": there}))


def domain(mean: float, width: int) -> torch.Tensor:
    return torch.cat([torch.full((1, width), mean), torch.ones(1, width)], 1)


def test_one_vector_is_added_to_the_base(made: Any) -> None:
    method, cloud = made("cola")
    vector = torch.randn(1, 2 * method.width)
    state = sent(method, cloud, vector, domain(0.0, method.width))
    gamma, beta = vector.unsqueeze(1).split(method.width, 2)
    torch.testing.assert_close(state["norm.gamma"], 1.0 + gamma)
    torch.testing.assert_close(state["norm.beta"], beta)


def test_a_device_in_a_known_domain_answers_with_its_vector(made: Any) -> None:
    method, cloud = made("cola")
    domains = torch.cat([domain(mean, method.width) for mean in (-3.0, 0.0, 3.0)])
    state = sent(method, cloud, torch.randn(3, 2 * method.width), domains)
    for place in range(3):
        weights = method.weights({**state, "seen": domains[place : place + 1]})
        assert weights[0, place] > 0.9
        torch.testing.assert_close(weights.sum(), torch.tensor(1.0))


def test_an_empty_list_of_vectors_leaves_the_base(made: Any) -> None:
    method, cloud = made("cola")
    _, _, updates = asked(method, cloud)
    state = method.install(method.start(cloud, DEVICES), updates)
    assert torch.equal(state["norm.gamma"], torch.ones_like(state["norm.gamma"]))
    assert not state["norm.beta"].any()


def test_two_domains_take_two_places_and_one_that_is_near_is_blended(made: Any) -> None:
    method, cloud = made("cola")
    vectors = torch.randn(3, 2 * method.width)
    domains = torch.cat([domain(mean, method.width) for mean in (0.0, 3.0, 0.01)])
    payload = {"vector": vectors, "domain": domains, "learnt": torch.ones(3, dtype=torch.uint8)}
    later, updates = method.adapt(cloud, payload, whose(3))
    assert updates["there"].sum(1).tolist() == [1, 2, 2]
    torch.testing.assert_close(later["shared.vectors"][0, 0], 0.7 * vectors[0] + 0.3 * vectors[2])


def test_one_that_only_follows_learns_no_rest_and_shares_nothing(made: Any) -> None:
    method, cloud = made("cola", rate=0.0)
    state, _ = method.learn(method.start(cloud, DEVICES), recent(method, DEVICES))
    assert not state["rest"].any()
    _, payload = method.collect(state, recent(method, DEVICES))
    assert not payload["learnt"].any()
    assert method.costs.learning == method.norms.forward_macs
