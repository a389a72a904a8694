"""Methods that adapt normalisation: closed forms, slopes, what may move, and what comes back exactly."""

from __future__ import annotations

from math import log
from typing import Any, cast

import pytest
import torch

from agents.methods.base import DeviceState, OfFeatures, Recent
from agents.methods.making import make_method
from agents.methods.test_time.entropy import Predictions, exponential
from agents.methods.test_time.norms import FeatureNorm
from agents.methods.test_time.tent import Descending
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.mixed_norm import Mixture
from agents.models.training import pretrain
from agents.streams.base import History, Past

DEVICES, WINDOW, CLASSES = 7, 12, 4
DESCENDING = ("tent", "eata", "sar", "rdumb")
ALL = ("bn_adapt", *DESCENDING)
QUICK = {"eata": {"fisher_rows": 16}}


@pytest.fixture(scope="module")
def images() -> History:
    """Small images of two classes, bright above or below."""
    generator = torch.Generator().manual_seed(0)
    label = torch.randint(0, 2, (240,), generator=generator)
    x = 0.3 * torch.randn(240, 1, 8, 8, generator=generator)
    x[:, 0, :4] += label.view(-1, 1, 1).float()
    x[:, 0, 4:] += 1.0 - label.view(-1, 1, 1).float()
    past = Past(x, label, torch.zeros_like(label))
    return History(past, past)


@pytest.fixture(scope="module")
def camera(images: History) -> Base:
    net = make_net("cnn", (1, 8, 8), 2, {"channels": [4, 6], "hidden": [8], "layers": 1})
    return pretrain(images, net, {"epochs": 3}, 1)


def started(name: str, net: Net, history: History, base: Base, **options: Any) -> tuple[Any, DeviceState]:
    method = make_method(name, {"window": WINDOW, **QUICK.get(name, {}), **options}, "fp32", net)
    return method, method.start(method.prepare(history, base, 3), DEVICES)


def of_features(devices: int = DEVICES, count: int | None = None) -> Recent:
    generator = torch.Generator().manual_seed(2)
    counts = torch.full((devices,), WINDOW) if count is None else torch.full((devices,), count)
    features = torch.randn(devices, WINDOW, 16, generator=generator)
    real = torch.arange(WINDOW) < counts[:, None]
    return Recent(features * real.unsqueeze(2), torch.full((devices, WINDOW), -1), counts)


def of_images(history: History, devices: int = DEVICES) -> Recent:
    x = history.train.x[: devices * WINDOW].view(devices, WINDOW, 1, 8, 8) * 0.5 + 0.2
    count = torch.tensor([WINDOW, WINDOW - 3, 0, *[WINDOW] * (devices - 3)])[:devices]
    return Recent(lambda: torch.zeros(0), torch.full((devices, WINDOW), -1), count, raw=x)


def learnt(method: Any, state: DeviceState, recent: Recent, times: int = 1) -> dict[str, torch.Tensor]:
    for _ in range(times):
        state = {**state, **method.learn(state, recent)[0]}
    return dict(state)


def one(state: DeviceState, device: int) -> dict[str, torch.Tensor]:
    return {name: values[device : device + 1].contiguous() for name, values in state.items()}


@pytest.mark.parametrize("name", ALL)
def test_a_thousand_devices_at_once_are_a_loop(name: str, net: Net, history: History, base: Base) -> None:
    method, _ = started(name, net, history, base)
    state, recent = method.start(method.prepare(history, base, 3), 1000), of_features(1000)
    together = learnt(method, state, recent, 2)
    for device in (0, 3, 499, 999):
        row = slice(device, device + 1)
        alone = Recent(recent.features[row].clone(), recent.label[row], recent.count[row])
        found = learnt(method, one(state, device), alone, 2)
        assert all(torch.equal(found[name], together[name][row]) for name in found)


@pytest.mark.parametrize("name", ALL)
def test_images_together_are_images_alone_and_an_empty_window_changes_nothing(
    name: str, images: History, camera: Base
) -> None:
    method, state = started(name, camera.net, images, camera, norm="all")
    recent = of_images(images)
    together = learnt(method, state, recent)
    for device in (0, 1, 4):
        row = slice(device, device + 1)
        alone = Recent(lambda: torch.zeros(0), recent.label[row], recent.count[row], raw=recent.raw[row].clone())
        found = learnt(method, one(state, device), alone)
        assert all(torch.equal(found[name], together[name][row]) for name in found)
    own = method.own(state)
    assert all(torch.equal(together[name][2], values[2]) for name, values in own.items())
    assert any(not torch.equal(together[name][0], values[0]) for name, values in own.items())


@pytest.mark.parametrize("norm", ["features", "all"])
@pytest.mark.parametrize("name", DESCENDING)
def test_only_scales_shifts_and_statistics_of_normalisation_move(
    name: str, norm: str, net: Net, history: History, base: Base, images: History, camera: Base
) -> None:
    world = (net, history, base) if norm == "features" else (camera.net, images, camera)
    sure = {} if name == "tent" else {"sure": 0.99}
    method, state = started(name, *world, norm=norm, rate=0.1, **sure)
    later = learnt(method, state, of_features() if norm == "features" else of_images(images))
    moved = {key for key in later if not torch.equal(later[key], state[key])}
    own = set(method.norms.affine) | set(method.norms.statistics)
    kept = {"mean_share", "age", "moving_entropy"}
    assert moved & set(method.norms.affine)
    assert moved <= own | {f"velocity.{key}" for key in own} | kept


def test_window_statistics_undo_an_affine_change_of_the_features(net: Net, history: History, base: Base) -> None:
    method, _ = started("bn_adapt", net, history, base, prior=0.0)
    features = torch.randn(1, WINDOW, 16)
    scale, shift = 0.5 + torch.rand(16), torch.randn(16)
    norm = FeatureNorm(net)
    past = norm.started(dict(base.layers), features[0].mean(0), features[0].var(0, unbiased=False))
    changed = features * scale + shift
    recent = Recent(changed, torch.full((1, WINDOW), -1), torch.tensor([WINDOW]))
    later = learnt(method, past, recent)
    assert torch.allclose(norm.normalised(later, changed), features, atol=1e-3)
    logits = base.head.forward(base.layers, features)
    assert torch.allclose(method.predict(later, OfFeatures(changed)), logits, atol=1e-2)


def test_with_an_endless_prior_nothing_is_adapted(net: Net, history: History, base: Base) -> None:
    method, state = started("bn_adapt", net, history, base, prior=1e30)
    later, x = learnt(method, state, of_features()), torch.randn(DEVICES, 5, 16)
    assert torch.allclose(method.predict(later, OfFeatures(x)), base.head.forward(base.layers, x), atol=1e-5)


@pytest.mark.parametrize("exact", [False, True])
def test_the_mixture_has_the_variance_that_is_said(net: Net, history: History, base: Base, exact: bool) -> None:
    method, state = started("bn_adapt", net, history, base, prior=4.0, exact=exact)
    recent, keep = of_features(), 4.0 / (4.0 + WINDOW)
    var = recent.features.var(1, unbiased=False, keepdim=True)
    apart = state["norm.mean"] - recent.features.mean(1, keepdim=True)
    wanted = keep * state["norm.var"] + (1 - keep) * var + exact * keep * (1 - keep) * apart.square()
    assert torch.allclose(learnt(method, state, recent)["norm.var"], wanted, atol=1e-5)


def test_the_slope_of_the_entropy_is_that_of_finite_differences() -> None:
    logits = torch.randn(2, 3, CLASSES, requires_grad=True)
    share = torch.log_softmax(logits, 2)
    weight = torch.rand(2, 3)
    loss = (-(share.exp() * share).sum(2) * weight).sum()
    [wanted] = torch.autograd.grad(loss, logits)
    assert torch.allclose(Predictions.of(logits.detach(), torch.ones(2, 3)).slope(weight), wanted, atol=1e-6)
    even = Predictions.of(torch.zeros(1, 1, CLASSES), torch.ones(1, 1))
    assert even.slope(torch.ones(1, 1)).abs().max() < 1e-6
    assert even.entropy.item() == pytest.approx(log(CLASSES))
    assert torch.allclose(exponential(torch.linspace(-3, 1, 9)), torch.linspace(-3, 1, 9).exp(), atol=1e-5)


@pytest.mark.parametrize("norm", ["features", "all"])
def test_slopes_by_scales_and_shifts_are_those_of_finite_differences(
    norm: str, net: Net, history: History, base: Base, images: History, camera: Base
) -> None:
    world = (net, history, base) if norm == "features" else (camera.net, images, camera)
    recent = of_features() if norm == "features" else of_images(images)
    method, state = started("tent", *world, norm=norm)
    tent = cast(Descending, method)

    def passed(moved: DeviceState) -> Any:
        return tent.passed(moved, recent, lambda seen: seen.real)

    slopes = passed(state)[0].slopes
    for name in tent.norms.affine[:2]:
        at = (0,) * state[name].dim()
        loss = []
        for way in (1.0, -1.0):
            moved = state[name].clone()
            moved[at] += way * 1e-2
            seen = passed({**state, name: moved})[1]
            loss.append((seen.entropy * seen.real)[0].sum().item())
        assert slopes[name][at].item() == pytest.approx((loss[0] - loss[1]) / 2e-2, rel=0.05, abs=2e-3)


def test_without_selection_or_anchor_all_are_tent(net: Net, history: History, base: Base) -> None:
    tent, state = started("tent", net, history, base, rate=0.05)
    sar, other = started("sar", net, history, base, rate=0.05, sure=9.0, radius=0.0, reset=0.0)
    one, same = learnt(tent, state, of_features(), 3), learnt(sar, other, of_features(), 3)
    assert all(torch.allclose(one[name], same[name], atol=1e-5) for name in tent.own(state))


def test_eata_keeps_of_the_same_sample_only_what_is_new(net: Net, history: History, base: Base) -> None:
    method, state = started("eata", net, history, base, redundant=0.99, sure=1.0)
    recent = of_features()
    same = Recent(recent.features[:, :1].expand(-1, WINDOW, -1).contiguous(), recent.label, recent.count)
    later = learnt(method, state, same)
    _, seen = method.passed(later, same, lambda seen: method.weights(later, seen))
    assert method.kept(state, seen).sum() == DEVICES * WINDOW
    assert method.kept(later, seen).sum() == 0
    unmoved = learnt(method, later, same)
    assert all(torch.equal(unmoved[name], later[name]) for name in method.norms.affine)


def test_rdumb_is_as_at_first_after_its_steps_to_the_bit(net: Net, history: History, base: Base) -> None:
    method, state = started("rdumb", net, history, base, every=3, sure=9.0)
    away = learnt(method, state, of_features(), 2)
    assert any(not torch.equal(away[name], state[name]) for name in method.norms.affine)
    back = learnt(method, away, of_features())
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in back)


def test_sar_comes_back_once_from_collapse(net: Net, history: History, base: Base) -> None:
    method, state = started("sar", net, history, base, sure=9.0, rate=0.05, reset=0.15)
    away = learnt(method, state, of_features(), 3)
    assert any(not torch.equal(away[name], state[name]) for name in method.norms.affine)
    low = {**away, "moving_entropy": torch.full((DEVICES, 1), 1e-6)}
    back = learnt(method, low, of_features())
    fresh = {name: state[name] for name in (*method.own(state), "velocity.norm.gamma", "moving_entropy")}
    assert all(torch.equal(back[name], values) for name, values in fresh.items())
    again = learnt(method, back, of_features())
    assert (again["moving_entropy"] > 0).all()


def test_statistics_come_near_those_of_the_source_as_a_window_grows(net: Net, history: History, base: Base) -> None:
    norm = FeatureNorm(net)
    fresh = norm.started(dict(base.layers), torch.zeros(16), torch.ones(16))
    error = []
    for n in (16, 1024):
        features = torch.randn(200, n, 16, generator=torch.Generator().manual_seed(n))
        window = Recent(features, torch.full((200, n), -1), torch.full((200,), n))
        state = {name: values.expand(200, *values.shape[1:]) for name, values in fresh.items()}
        error.append(norm.mixed_in(state, window, Mixture(torch.zeros(200)))["norm.mean"].square().mean().sqrt().item())
    assert error[0] / error[1] == pytest.approx(8.0, rel=0.1)


def test_under_label_shift_adapted_statistics_err_as_the_normal_tail_says() -> None:
    """Classes at -m and m with deviation 1; a window of a share q of one class moves the border to m (2 q - 1)."""
    net = make_net("mlp", (1,), 2, {"hidden": [1], "layers": 1})
    norm, margin, n = FeatureNorm(net), 1.5, 40_000
    layers = {"w0": torch.tensor([[[-1.0, 1.0]]]), "b0": torch.zeros(1, 1, 2)}
    spread = margin**2 + 1.0
    state = norm.started(layers, torch.zeros(1), torch.tensor([spread]))
    generator = torch.Generator().manual_seed(1)
    for q in (0.5, 0.7, 0.9):
        label = (torch.arange(n) < q * n).long()
        x = torch.randn(n, generator=generator) + margin * (2.0 * label - 1.0)
        window = Recent(x.view(1, n, 1), torch.full((1, n), -1), torch.tensor([n]))
        later = {**state, **norm.mixed_in(state, window, Mixture(torch.zeros(1)))}
        wrong = norm.predict(later, OfFeatures(x.view(1, n, 1))).argmax(2)[0] != label
        border = margin * (2 * q - 1)
        tail = torch.special.ndtr(torch.tensor([border - margin, -border - margin]))
        expected = q * tail[0] + (1 - q) * tail[1]
        assert wrong.float().mean().item() == pytest.approx(expected.item(), abs=0.01)


def test_what_has_no_normalisation_is_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="norm: 'mlp' has no normalisation; write 'norm: features'"):
        make_method("tent", {"norm": "all"}, "fp32", net)
