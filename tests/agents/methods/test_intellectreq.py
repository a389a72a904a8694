"""IntellectReq: a gate around any adapter, calibrated on the past, that leaves what it stands around as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from quick_methods import QUICK, recent, served, whose

from agents.conformance.methods import CLICKS, ITEMS, ranked_history
from agents.methods import ASKING
from agents.methods.base import OfFeatures, Recent
from agents.methods.intellectreq.mapping import DistributionMapper, divergence, exponential
from agents.methods.intellectreq.method import IntellectReq
from agents.methods.intellectreq.options import BY, LEARNT
from agents.methods.intellectreq.outliers import FITTED, OUTLIERS
from agents.methods.intellectreq.pairs import window_state
from agents.methods.making import make_method
from agents.methods.past_windows import windows_of
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.training import generator, initialise, pretrain
from agents.seeding import Purpose
from agents.streams.base import History

DEVICES = 29


def made(net: Net, around: str = "duet", **options: Any) -> IntellectReq:
    inner = {"kind": around, **QUICK[around]}
    given = {**QUICK["intellectreq"], "around": inner, **options}
    if given.get("by", "both") not in LEARNT:
        # What has no nets has nothing to say of their training.
        del given["steps"]
    method = make_method("intellectreq", given, "fp32", net)
    assert isinstance(method, IntellectReq)
    return method


@pytest.mark.parametrize("around", ASKING)
def test_what_is_sent_and_installed_is_what_the_adapter_alone_does(
    around: str, net: Net, history: History, base: Base
) -> None:
    gated, plain = made(net, around), make_method(around, QUICK[around], "fp32", net)
    clouds = gated.prepare(history, base, 3), plain.prepare(history, base, 3)
    states = gated.start(clouds[0], DEVICES), plain.start(clouds[1], DEVICES)
    (_, one), (_, other) = (
        served(method, cloud, state, recent(method, DEVICES))
        for method, cloud, state in zip((gated, plain), clouds, states, strict=True)
    )
    assert gated.update_bytes == plain.update_bytes
    assert gated.payload_bytes == plain.payload_bytes
    assert all(torch.equal(one[name], other[name]) for name in other)
    x = torch.randn(DEVICES, 5, 16)
    after = [
        method.predict({**state, **method.install(state, other)}, OfFeatures(x))
        for method, state in zip((gated, plain), states, strict=True)
    ]
    assert torch.equal(after[0], after[1])


@pytest.mark.parametrize("by", BY)
def test_the_gate_of_a_device_does_not_depend_on_others_and_fresh_ones_ask(
    by: str, net: Net, history: History, base: Base
) -> None:
    method = made(net, by=by)
    cloud = method.prepare(history, base, 3)
    state, window = method.start(cloud, DEVICES), recent(method, DEVICES)
    assert (method.gate(state, window)[window.count > 0] == np.inf).all()
    assert (method.gate(state, window)[window.count == 0] == -np.inf).all()
    collected, payload = method.collect(state, window)
    updates = method.adapt(cloud, payload, whose(DEVICES))[1]
    state = {**collected, **method.install(collected, updates)}
    gates = method.gate(state, recent(method, DEVICES, seed=6))
    again = recent(method, DEVICES, seed=6)
    for row in (0, 7, 28):
        own = Recent(again.features[row : row + 1], again.label[row : row + 1], again.count[row : row + 1])
        alone = method.gate({name: values[row : row + 1] for name, values in state.items()}, own)
        assert torch.equal(alone, gates[row : row + 1])
    seen = gates[again.count > 0]
    assert ((seen >= 0) & (seen <= 1)).all()
    assert len(seen.unique()) > 3


def test_what_a_lost_request_showed_is_forgotten(net: Net, history: History, base: Base) -> None:
    method = made(net)
    cloud = method.prepare(history, base, 3)
    state, window = method.start(cloud, DEVICES), recent(method, DEVICES)
    collected, payload = method.collect(state, window)
    assert not torch.equal(collected["gate.asking"], state["gate.asking"])
    assert torch.equal(method.lost(collected)["gate.asking"], state["gate.asked"])
    updates = method.adapt(cloud, payload, whose(DEVICES))[1]
    assert torch.equal(method.install(collected, updates)["gate.asked"], collected["gate.asking"])


def test_a_gate_sees_the_newest_samples_though_its_adapter_waits_for_labels(
    net: Net, history: History, base: Base
) -> None:
    method = made(net, "cloud_ft")
    assert method.needs_labels
    cloud = method.prepare(history, base, 3)
    state, newest = method.start(cloud, DEVICES), recent(method, DEVICES, seed=6)
    old = recent(method, DEVICES)
    waiting = Recent(old.features, old.label, old.count, unlabelled=lambda: newest)
    collected, payload = method.collect(state, waiting)
    assert torch.equal(collected["gate.asking"], window_state(newest, 16))
    assert torch.equal(payload["label"], method.inner.collect(state, old)[1]["label"])
    updates = method.adapt(cloud, payload, whose(DEVICES))[1]
    state = {**collected, **method.install(collected, updates)}
    some = (old.count > 0) & (newest.count > 0)
    assert torch.equal(method.gate(state, waiting)[some], method.gate(state, newest)[some])
    assert not torch.equal(method.gate(state, waiting)[some], method.gate(state, old)[some])
    # Without a label that is due there is nothing to ask with.
    assert (method.gate(state, waiting)[old.count == 0] == -np.inf).all()


@pytest.mark.parametrize(
    "inner",
    [{"kind": "duet", "uplink": "ids"}, {"kind": "duet", "trunk": "joint"}, {"kind": "solid"}],
    ids=lambda inner: " ".join(inner.values()),
)
def test_a_gate_around_what_sees_ids_learns_from_lists_shorter_than_those_that_devices_show(
    inner: dict[str, Any],
) -> None:
    past, known = ranked_history(), {"items": ITEMS, "window": CLICKS}
    net = make_net("gru4rec", (CLICKS + ITEMS,), ITEMS, {}, known)
    base = pretrain(past, net, {"epochs": 1}, 3)
    around = {**QUICK[inner["kind"]], "steps": 3, **inner}
    method = make_method("intellectreq", {**QUICK["intellectreq"], "around": around}, "fp32", net)
    assert past.train.x.shape[1] < CLICKS + ITEMS
    cloud = method.prepare(past, base, 3)
    state, draws = method.start(cloud, DEVICES), torch.Generator().manual_seed(2)
    ids = torch.randint(1, ITEMS + 1, (DEVICES, method.window, CLICKS + ITEMS), generator=draws)
    count, label = torch.full((DEVICES,), method.window), torch.full((DEVICES, method.window), -1)
    window = Recent(base.features(ids), label, count, raw=ids)
    collected, payload = method.collect(state, window)
    updates = method.adapt(cloud, payload, whose(DEVICES))[1]
    gates = method.gate({**collected, **method.install(collected, updates)}, window)
    assert ((gates >= 0) & (gates <= 1)).all()


@pytest.mark.parametrize("by", BY)
def test_a_tenth_of_quiet_moments_is_above_nine_tenths(by: str, net: Net, history: History, base: Base) -> None:
    method = made(net, by=by, steps=60, pairs=1024)
    cloud = method.prepare(history, base, 3)
    method.start(cloud, 1)
    windows = windows_of(history.validation, base)
    earlier, later = windows.pairs(8000, 8, generator(11, Purpose.METHOD), 1.0)
    asked, now = (windows.at(places).window.mean(1) for places in (earlier, later))
    above = (method._gate.ranks(asked, now) > 0.9).float().mean()
    assert abs(float(above) - 0.1) < 0.02


def test_a_changed_context_calls_for_an_answer_more_than_an_unchanged_one(
    net: Net, history: History, base: Base
) -> None:
    method = make_method(
        "intellectreq",
        {"around": {"kind": "duet", "steps": 300, "window": 8}, "steps": 400, "pairs": 2048, "by": "mistakes"},
        "fp32",
        net,
    )
    assert isinstance(method, IntellectReq)
    cloud = method.prepare(history, base, 3)
    method.start(cloud, 1)
    windows, ranks = windows_of(history.validation, base), []
    for same in (1.0, 0.0):
        earlier, later = windows.pairs(2000, 8, generator(12, Purpose.METHOD), same)
        asked, now = (windows.at(places).window.mean(1) for places in (earlier, later))
        ranks.append(method._gate.ranks(asked, now).mean())
    assert ranks[1] > ranks[0] + 0.1


def test_the_uncertainty_is_the_variance_over_draws() -> None:
    mapper, rng = DistributionMapper(6, 3, 8, 4), torch.Generator().manual_seed(0)
    initialise(mapper, rng)
    state, noise = torch.randn(5, 6, generator=rng), torch.randn(10, 4, generator=rng)
    with torch.no_grad():
        expected = mapper.draws(state, noise).var(1).mean(1)
        assert torch.allclose(mapper.spread(state, noise), expected, rtol=1e-4)
        assert torch.allclose(mapper.spread(state, noise[:1].repeat(10, 1)), torch.zeros(5), atol=1e-6)


def test_the_divergence_is_that_of_normal_distributions() -> None:
    mean, log_variance, other, log_other = torch.randn(4, 7, 3, generator=torch.Generator().manual_seed(0))
    normal = torch.distributions.Normal
    own, prior = normal(mean, (0.5 * log_variance).exp()), normal(other, (0.5 * log_other).exp())
    expected = torch.distributions.kl_divergence(own, prior).sum(1)
    assert torch.allclose(divergence(mean, log_variance, other, log_other), expected, rtol=1e-4)
    x = torch.linspace(-3, 3, 50)
    assert torch.allclose(exponential(x), x.exp(), rtol=1e-4)


@pytest.mark.parametrize("by", OUTLIERS)
def test_detectors_of_outliers_agree_with_the_library(by: str) -> None:
    rng = torch.Generator().manual_seed(0)
    known, asked = torch.randn(FITTED, 5, generator=rng), 2.0 * torch.randn(40, 5, generator=rng)
    fit, strange = OUTLIERS[by]
    ours = strange(fit(known, 3), asked).numpy()
    assert np.allclose(np.sort(ours), np.sort(library(by, known, asked)), rtol=2e-2, atol=2e-2)
    assert np.corrcoef(ours, library(by, known, asked))[0, 1] > 0.999


def library(by: str, known: torch.Tensor, asked: torch.Tensor) -> np.ndarray:
    if by == "lof":
        from sklearn.neighbors import LocalOutlierFactor

        return -LocalOutlierFactor(10, novelty=True).fit(known.numpy()).score_samples(asked.numpy())
    if by == "one_class_svm":
        from sklearn.svm import OneClassSVM

        return -OneClassSVM(gamma="auto", nu=0.1).fit(known.double().numpy()).score_samples(asked.numpy())
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=50, random_state=3).fit(known.double().numpy())
    # The library's score is -2 ** (-depth / mean depth of as many samples): back to depths.
    samples = float(forest.max_samples_)
    mean = 2.0 * (np.log(samples - 1.0) + np.euler_gamma) - 2.0 * (samples - 1.0) / samples
    return mean * np.log2(-forest.score_samples(asked.numpy()))


def test_what_asks_for_nothing_needs_no_gate(net: Net) -> None:
    for around in ("static", "fedavg", "tent", "intellectreq"):
        with pytest.raises(ValueError, match=f"adapter '{around}' is unknown; known are group_ft, cloud_ft, persona"):
            make_method("intellectreq", {"around": around}, "fp32", net)
