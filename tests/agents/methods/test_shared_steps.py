"""Steps of a batch: curves that are carried on, the best division of parts, and heads that get what they earned."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from quick_methods import shifted

from agents.contract.component import OptionError
from agents.methods.base import Who
from agents.methods.cloud_ft import CloudFt
from agents.methods.cloud_ft_options import CloudFtOptions
from agents.methods.head_fitting import Labelled
from agents.methods.making import make_method
from agents.methods.shared_steps import fitted_together, steps_earned
from agents.methods.step_allocation import fitted_curves, handed_out
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.streams.base import History

PROFILED = {"allocation": "profiled", "start": "last", "steps": 30}


def made(net: Net, **options: Any) -> CloudFt:
    method = make_method("cloud_ft", {**PROFILED, **options}, "fp32", net)
    assert isinstance(method, CloudFt)
    return method


@given(
    st.floats(0.01, 1.0), st.floats(1.2, 5.0), st.sampled_from([0.0, 0.02]), st.lists(st.integers(0, 40), min_size=1)
)
@settings(max_examples=50, deadline=None)
def test_a_curve_of_the_published_form_is_carried_on(slope: float, base: float, rest: float, ahead: list[int]) -> None:
    steps = np.array([0.0, 3.0, 6.0, 9.0, 12.0])
    true = 1.0 - (1.0 / (slope * steps + base) + rest)
    later = np.array(ahead, float) + 12.0
    found = fitted_curves(steps, true[None]).at(later)[0]
    # The ceiling is tried on a grid: what it misses by is what curves with another one can differ by.
    assert np.abs(found - (1.0 - (1.0 / (slope * later + base) + rest))).max() < 0.03


def test_a_curve_that_falls_promises_nothing() -> None:
    curves = fitted_curves(np.array([0.0, 5.0, 10.0]), np.array([[0.9, 0.8, 0.7]]))
    assert np.ptp(curves.at(np.arange(50.0))) < 1e-12


@given(st.integers(0, 10**6), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_no_division_of_the_parts_is_better(seed: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    gains = -np.sort(-rng.uniform(-0.1, 1.0, (3, parts)), axis=1)
    promised = np.concatenate([np.zeros((3, 1)), gains.cumsum(axis=1)], axis=1)
    given_parts = handed_out(promised, parts)
    reached = promised[np.arange(3), given_parts].sum()
    all_ways = (way for way in product(range(parts + 1), repeat=3) if sum(way) <= parts)
    assert given_parts.sum() <= parts
    assert reached == pytest.approx(max(promised[np.arange(3), list(way)].sum() for way in all_ways))


def test_equal_jobs_get_equal_parts() -> None:
    promised = np.tile(1.0 - 1.0 / (0.1 * np.arange(17) + 1.5), (5, 1))
    assert handed_out(promised, 20).tolist() == [4] * 5


def test_jobs_that_gain_nothing_get_nothing() -> None:
    promised = np.stack([np.full(9, 0.9), 1.0 - 1.0 / (0.1 * np.arange(9) + 1.5)])
    assert handed_out(promised, 6).tolist() == [0, 6]


def test_all_together_take_no_more_steps_than_they_have(net: Net, history: History, base: Base) -> None:
    options = CloudFtOptions(allocation="profiled", start="last", steps=30, trial=6)
    rows, head = labelled(history, base), base.head.pack(base.layers)
    earned = steps_earned(net.head, head, rows, options, None)
    assert earned.sum() + options.tried * len(earned) <= options.steps * len(earned)
    assert earned.max() > 0


def test_a_head_that_fits_already_is_left_alone_and_others_get_its_steps(
    net: Net, history: History, base: Base
) -> None:
    options = CloudFtOptions(allocation="profiled", start="last", steps=30)
    rows = labelled(history, base)
    features, label = rows.features[:2], rows.label[:2].clone()
    blind = Labelled(features, torch.stack([label[0], torch.full_like(label[1], -1)]))
    start = base.head.pack(base.layers)
    earned = steps_earned(net.head, start, blind, options, None)
    heads = fitted_together(net.head, start, blind, options, None)
    assert earned[1] == 0
    assert torch.equal(heads[1], start[0])
    assert earned[0] > options.steps - options.tried
    assert not torch.equal(heads[0], start[0])


def labelled(history: History, base: Base) -> Labelled:
    recent, _, _ = shifted(history, base, 48)
    return Labelled(recent.features, recent.label)


def test_a_batch_is_served_in_one_call_and_each_device_gets_its_head(net: Net, history: History, base: Base) -> None:
    method = made(net, window=48)
    cloud = method.prepare(history, base, 3)
    recent, _, _ = shifted(history, base, 48)
    count = len(recent.label)
    numbers = torch.arange(count)
    _, payload = method.collect(method.start(cloud, count), recent)
    who = Who(numbers, numbers, torch.zeros(count, dtype=torch.float64), torch.zeros(count, dtype=torch.int64))
    later, updates = method.adapt(cloud, payload, who)
    heads: HeadShape = net.head
    expected = fitted_together(heads, cloud["head"], Labelled(recent.features, recent.label), method.options, None)
    assert method.together
    assert torch.allclose(updates["head"], expected)
    assert torch.equal(later["device.head"], updates["head"])


@pytest.mark.parametrize(
    ("options", "option"),
    [({"start": "base"}, "start"), ({"trial": 30}, "trial"), ({"allocation": "fair", "trial": 4}, "trial")],
)
def test_what_cannot_be_shared_out_is_refused(options: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError) as refused:
        CloudFtOptions(**{**PROFILED, **options})
    assert refused.value.option == (option,)
