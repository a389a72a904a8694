"""CDC-MMPG: which sample is the anchor, what is reasoned from it, what goes up, and views that are missing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import QUICK, recent, whose

from agents.methods.cdc_mmpg.method import CdcMmpg
from agents.methods.cdc_mmpg.network import Gaussian, anchor_of, distribution, present
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import History

TWO = [10, 6]


def made(net: Net, **options: Any) -> CdcMmpg:
    method = make_method("cdc_mmpg", {**QUICK["cdc_mmpg"], **options}, "fp32", net)
    assert isinstance(method, CdcMmpg)
    return method


def test_the_medoid_has_the_least_mean_distance_and_padding_is_never_chosen() -> None:
    draws = torch.Generator().manual_seed(0)
    window, count = torch.randn(30, 8, 5, generator=draws), torch.randint(1, 9, (30,), generator=draws)
    window *= (torch.arange(8) < count[:, None]).unsqueeze(2)
    anchors = anchor_of(window, count, "medoid", [5])
    for row, number in enumerate(count.tolist()):
        own = window[row, :number]
        best = torch.cdist(own, own).mean(1).argmin()
        assert torch.equal(anchors[row], own[best])


def test_the_newest_and_the_oldest_sample_are_anchors_too() -> None:
    window, count = torch.randn(3, 4, 5), torch.tensor([4, 2, 1])
    assert torch.equal(anchor_of(window, count, "oldest", [5]), window[:, 0])
    assert torch.equal(anchor_of(window, count, "newest", [5]), window[torch.arange(3), count - 1])


def test_a_sample_with_all_views_is_the_anchor_before_a_nearer_one_without() -> None:
    window = torch.cat([torch.full((1, 3, 10), 0.1), torch.zeros(1, 3, 6)], 2)
    window[0, 2] = 5.0
    assert torch.equal(anchor_of(window, torch.tensor([3]), "medoid", TWO)[0], window[0, 2])


def test_the_distance_of_gaussians_is_zero_for_equals_and_that_of_the_formula_else() -> None:
    one = Gaussian(torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 2.0]]))
    other = Gaussian(torch.tensor([[0.5, 1.0]]), torch.tensor([[2.0, 2.0]]))
    there = torch.ones(1, 2)
    assert one.apart(one, there) == 0.0
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(*one), normal(*other)) + (one.mean - other.mean).square()
    assert torch.allclose(one.apart(other, there), expected.mean())
    assert torch.allclose(one.apart(other, torch.tensor([[0.0, 1.0]])), torch.tensor(0.0))


def test_mean_and_deviation_are_those_of_the_samples_that_are_there() -> None:
    window = torch.randn(2, 6, 4)
    found = distribution(window, torch.tensor([6, 3]))
    assert torch.allclose(found.mean[1], window[1, :3].mean(0), atol=1e-6)
    assert torch.allclose(found.deviation[1].square(), window[1, :3].var(0, correction=0) + 1e-4, atol=1e-5)


def test_one_sample_goes_up_instead_of_a_window(net: Net) -> None:
    assert made(net).payload_bytes == 16 * 4 + 1
    assert made(net, uplink="window").payload_bytes == 8 * 16 * 4 + 1
    assert made(net).update_bytes == net.head.params * 4


def test_what_is_reasoned_from_an_anchor_is_nearer_to_its_window_than_to_others(
    net: Net, history: History, base: Base
) -> None:
    method = made(net, steps=400, reason=1.0)
    network = method._network.of(method.prepare(history, base, 3))
    windows = method.windows_of(history.validation, base).draw(400, 8, generator(9, Purpose.METHOD))
    with torch.no_grad():
        anchor = anchor_of(windows.window, windows.real, "medoid", method.views)
        reasoned = network.reason(anchor, torch.ones_like(anchor))
        real = distribution(windows.window, windows.real)
        other = Gaussian(real.mean.roll(1, 0), real.deviation.roll(1, 0))
    there = torch.ones_like(anchor)
    assert real.apart(reasoned, there) < 0.8 * other.apart(reasoned, there)
    # The anchor alone is further from the mean of its window.
    assert (reasoned.mean - real.mean).square().mean() < (anchor - real.mean).square().mean()


@pytest.mark.parametrize("options", [{"uplink": "window"}, {"reasoner": "none"}, {"anchor": "newest"}], ids=str)
def test_every_form_is_served(options: dict[str, Any], net: Net, history: History, base: Base) -> None:
    method = made(net, **options)
    cloud = method.prepare(history, base, 3)
    state, window = method.start(cloud, 9), recent(method, 9)
    _, updates = method.adapt(cloud, method.collect(state, window)[1], whose(9))
    assert torch.isfinite(updates["head"]).all()
    assert not torch.equal(updates["head"][0], updates["head"][1])


def test_views_must_be_all_columns(net: Net) -> None:
    with pytest.raises(ValueError, match=r"views: \[10, 4\] are 14 columns; the net gives 16"):
        made(net, views=[10, 4])


def test_of_one_view_none_can_be_missing(net: Net) -> None:
    with pytest.raises(ValueError, match="'missing' has no effect with one view"):
        made(net, missing=0.5)


def test_a_missing_view_says_nothing_and_training_lets_views_be_missing(net: Net, history: History, base: Base) -> None:
    method = made(net, views=TWO, missing=0.5)
    past = method.windows_of(history.train, base)
    windows = past.draw(400, 8, generator(2, Purpose.METHOD))
    gone = [(view == 0).all(2).all(1) for view in windows.window.split(TWO, 2)]
    share = torch.stack(gone).float().mean(1)
    assert torch.allclose(share, torch.tensor([0.25, 0.25]), atol=0.08)
    assert not (gone[0] & gone[1]).any()
    assert (windows.query.split(TWO, 2)[0][gone[0]] == 0).all()
    network = method._network.of(method.prepare(history, base, 3))
    sample = torch.randn(4, 16)
    sample[:, 10:] = 0.0
    there = present(sample, TWO)
    assert torch.equal(there[0], torch.cat([torch.ones(10), torch.zeros(6)]))
    with torch.no_grad():
        reasoned = network.reason(sample, there)
    assert (reasoned.mean[:, 10:] == 0).all()
