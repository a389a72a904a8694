"""Methods without gradients: prototypes, corrected labels, evolution, and slopes from two passes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from agents.methods.base import DeviceState, OfFeatures, Recent
from agents.methods.making import make_method
from agents.methods.test_time.evolution import MEAN, Evolution
from agents.methods.test_time.lame import settled
from agents.methods.test_time.t3a import normalised
from agents.methods.test_time.zoa import bounded, slope_along
from agents.models.base import Base, Net
from agents.streams.base import History

DEVICES, WINDOW, CLASSES = 5, 12, 4
ALL = ("t3a", "lame", "foa", "zoa")
QUICK = {"t3a": {"supports": 4}, "foa": {"population": 4}}


def started(name: str, net: Net, history: History, base: Base, devices: int = DEVICES, **options: Any) -> Any:
    method = make_method(name, {"window": WINDOW, **QUICK.get(name, {}), **options}, "fp32", net)
    return method, method.start(method.prepare(history, base, 3), devices)


def window(features: torch.Tensor, count: int = WINDOW) -> Recent:
    devices = len(features)
    return Recent(features, torch.full((devices, WINDOW), -1), torch.full((devices,), count))


def random_window(devices: int = DEVICES) -> Recent:
    return window(torch.randn(devices, WINDOW, 16, generator=torch.Generator().manual_seed(4)).tanh())


def learnt(method: Any, state: DeviceState, recent: Recent, times: int = 1) -> dict[str, torch.Tensor]:
    for _ in range(times):
        state = {**state, **method.learn(state, recent)[0]}
    return dict(state)


@pytest.mark.parametrize("name", ALL)
def test_a_thousand_devices_at_once_are_a_loop(name: str, net: Net, history: History, base: Base) -> None:
    method, state = started(name, net, history, base, 1000)
    recent = random_window(1000)
    together, x = learnt(method, state, recent, 2), torch.randn(1000, 3, 16)
    logits = method.predict(together, OfFeatures(x))
    for device in (0, 4, 998, 999):
        row = slice(device, device + 1)
        own = {key: values[row].contiguous() for key, values in state.items()}
        found = learnt(method, own, window(recent.features[row].clone()), 2)
        assert all(torch.equal(found[key], together[key][row]) for key in found)
        assert torch.equal(method.predict(found, OfFeatures(x[row])), logits[row])


@pytest.mark.parametrize("name", ALL)
def test_an_empty_window_changes_no_prediction(name: str, net: Net, history: History, base: Base) -> None:
    method, state = started(name, net, history, base)
    x = torch.randn(DEVICES, 3, 16)
    later = learnt(method, state, window(torch.zeros(DEVICES, WINDOW, 16), 0))
    assert torch.equal(method.predict(later, OfFeatures(x)), method.predict(state, OfFeatures(x)))


def test_prototypes_without_data_are_the_directions_of_the_weights(net: Net, history: History, base: Base) -> None:
    method, state = started("t3a", net, history, base)
    x = torch.randn(DEVICES, 9, 16)
    hidden = torch.tanh(x @ base.layers["w0"] + base.layers["b0"])
    weights = base.layers["w1"] / base.layers["w1"].norm(dim=1, keepdim=True)
    assert torch.allclose(method.predict(state, OfFeatures(x)), hidden @ weights, atol=1e-5)


def test_the_surest_supports_are_kept_and_none_twice(net: Net, history: History, base: Base) -> None:
    method, state = started("t3a", net, history, base, supports=3)
    recent = random_window()
    once, twice = learnt(method, state, recent), learnt(method, state, recent, 2)
    assert all(torch.equal(once[name], twice[name]) for name in once)
    logits = base.head.forward(base.layers, recent.features)
    share = torch.log_softmax(logits, 2)
    entropy = -(share.exp() * share).sum(2)
    seeds = state["support.entropy"][..., 0]
    for device in range(DEVICES):
        for kind in range(CLASSES):
            mine = entropy[device][logits[device].argmax(1) == kind]
            wanted = torch.cat([mine, seeds[device, kind].view(1)]).sort()[0][:3]
            found = once["support.entropy"][device, kind]
            assert torch.allclose(found[: len(wanted)], wanted, atol=1e-5)
            assert torch.isinf(found[len(wanted) :]).all()


def test_labels_settle_as_the_paper_says() -> None:
    generator = torch.Generator().manual_seed(1)
    logits, x = torch.randn(2, 9, CLASSES, generator=generator), torch.randn(2, 9, 3, generator=generator)
    log_share = torch.log_softmax(logits, 2)
    likeness = torch.exp(-torch.cdist(x, x).square())
    assert torch.allclose(settled(log_share, likeness, 0.0), log_share.exp(), atol=1e-6)

    def energy(label: torch.Tensor) -> torch.Tensor:
        fit = (label * (label.clamp_min(1e-30).log() - log_share)).sum((1, 2))
        return fit - 0.5 * torch.einsum("dij,dic,djc->d", likeness, label, label)

    label, before = log_share.exp(), energy(log_share.exp())
    for _ in range(20):
        label = torch.softmax(log_share + likeness @ label, 2)
        assert (energy(label) <= before + 1e-5).all()
        before = energy(label)
    assert torch.allclose(settled(log_share, likeness, 1.0), label, atol=1e-3)
    same = logits.clone()
    same[:, 1] = same[:, 0]
    alike = likeness.clone()
    alike[:, 1], alike[:, :, 1] = alike[:, 0], alike[:, :, 0]
    found = settled(torch.log_softmax(same, 2), alike, 1.0)
    assert torch.allclose(found[:, 0], found[:, 1], atol=1e-5)


def test_lame_hardly_changes_sure_predictions_of_a_mixed_window(net: Net, history: History, base: Base) -> None:
    method, state = started("lame", net, history, base, 1)
    state = {**state, "w0": torch.eye(16)[None], "b0": torch.zeros(1, 1, 16), "w1": 6.0 * torch.eye(16)[None, :, :4]}
    generator = torch.Generator().manual_seed(1)
    label = torch.randint(0, CLASSES, (10 * WINDOW,), generator=generator)
    x = 2.0 * torch.eye(16)[label] + 0.2 * torch.randn(10 * WINDOW, 16, generator=generator)
    later = learnt(method, state, window(x[:WINDOW].unsqueeze(0)))
    before, after = (method.predict(one, OfFeatures(x[None, WINDOW:])).argmax(2)[0] for one in (state, later))
    assert (before == label[WINDOW:]).float().mean() > 0.98
    assert (before == after).float().mean() > 0.97


def test_lame_leans_towards_the_class_of_its_neighbours(net: Net, history: History, base: Base) -> None:
    method, state = started("lame", net, history, base, 1, neighbours=3)
    features = base.features(history.validation.x)
    sure = features[torch.softmax(base.head.forward(base.layers, features[None]), 2)[0, :, 2].topk(WINDOW)[1]]
    later = learnt(method, state, window(sure.unsqueeze(0)))
    x = torch.randn(1, 50, 16).tanh()
    before, after = (torch.softmax(method.predict(one, OfFeatures(x)), 2)[0, :, 2] for one in (state, later))
    assert (after > before).all()


def test_the_search_finds_the_bottom_of_a_bowl() -> None:
    dim, search = 8, Evolution(8, 10)
    goal, scale = torch.linspace(-1, 1, dim), torch.logspace(0, 1, dim)
    state = search.fresh(torch.zeros(2, dim), 0.3)
    generator = torch.Generator().manual_seed(2)
    for _ in range(200):
        directions = torch.randn(1, 10, dim, generator=generator).expand(2, -1, -1)
        loss = (scale * (search.candidates(state, directions) - goal).square()).sum(2)
        state = search.updated(state, directions, loss)
    assert (scale * (state[MEAN] - goal).square()).sum(1).max() < 1e-6
    assert torch.equal(state[MEAN][0], state[MEAN][1])


def test_the_shift_undoes_a_translation_geometrically(net: Net, history: History, base: Base) -> None:
    method, state = started("foa", net, history, base, 1, population=0, follow=0.25)
    past = state["source.norm.mean"]
    moved = past.expand(1, WINDOW, 16) + 2.0
    for turns in range(1, 8):
        state = learnt(method, state, window(moved.contiguous()))
        left = method.norm.normalised(state, moved) - past
        assert torch.allclose(left, torch.full_like(left, 2.0 * 0.75**turns), atol=1e-4)


def test_two_passes_estimate_a_slope_without_bias() -> None:
    slope = torch.tensor([1.0, -2.0, 0.5, 0.0])
    way = bounded(torch.randn(200_000, 4, generator=torch.Generator().manual_seed(3)))
    assert way.abs().min() >= 0.5
    assert way.abs().max() <= 1.0
    found = slope_along(0.1 * way @ slope, 0.1 * way)
    assert torch.allclose(found.mean(0), slope, atol=0.03)


@pytest.mark.parametrize("name", ["foa", "zoa"])
def test_what_is_searched_loses_less(name: str, net: Net, history: History, base: Base) -> None:
    options = {"population": 12, "spread": 0.2} if name == "foa" else {"rate": 0.005}
    method, state = started(name, net, history, base, **options)
    recent = random_window()

    def loss(own: DeviceState) -> torch.Tensor:
        here = method.packed(own).unsqueeze(1)
        return method.losses({**state, "norm.mean": later["norm.mean"]}, recent, here)[:, 0]

    later = learnt(method, state, recent, 40)
    assert (loss(later) < loss(state)).all()


def test_lengths_are_one() -> None:
    rows = normalised(torch.randn(3, 4, 5))
    assert torch.allclose(rows.norm(dim=2), torch.ones(3, 4), atol=1e-6)
    assert torch.equal(normalised(torch.zeros(1, 1, 3)), torch.zeros(1, 1, 3))


@pytest.mark.parametrize("name", ["foa", "zoa"])
def test_weights_of_eight_bits_err_by_half_a_step_at_most(name: str, net: Net, history: History, base: Base) -> None:
    plain, rounded = (started(name, net, history, base, weights=kept)[1] for kept in ("fp32", "int8"))
    for layer in ("w0", "w1"):
        step = plain[layer].abs().max() / 127.0
        assert 0.0 < (plain[layer] - rounded[layer]).abs().max() <= 0.5001 * step
        assert len((rounded[layer] / step).round().unique()) <= 255
    assert all(torch.equal(plain[layer], rounded[layer]) for layer in ("b0", "b1"))


@pytest.mark.parametrize("follow", [0.1, 0.4])
def test_a_moving_mean_tracks_a_random_walk_with_the_error_of_theory(
    follow: float, net: Net, history: History, base: Base
) -> None:
    """With steps of variance q and windows whose mean has variance r, e <- (1 - a)(e - w) + a v has a known limit."""
    step, rng = 0.05, torch.Generator().manual_seed(6)
    method, state = started("foa", net, history, base, 600, population=0, follow=follow)
    true = state["norm.mean"].clone()
    for _ in range(80):
        true = true + step * torch.randn(true.shape, generator=rng)
        state = learnt(method, state, window(true + torch.randn(600, WINDOW, 16, generator=rng)))
    kept = 1.0 - follow
    expected = (kept**2 * step**2 + follow**2 / WINDOW) / (1.0 - kept**2)
    assert (state["norm.mean"] - true).square().mean().item() == pytest.approx(expected, rel=0.05)
