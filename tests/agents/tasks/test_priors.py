from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import beta, chisquare, kstest

from agents.contract import CohortSpec, DriftSpec, FleetSpec
from agents.drift.concepts import Concept
from agents.drift.onset import dirichlet_priors
from agents.drift.schedule import make_schedule
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk
from agents.tasks.images.digits import Digits
from agents.tasks.images.image_set import ImagePool

TEN = (True,) * 10
SpecMaker = Callable[..., FleetSpec]
BLOCKS = [BlockId(0, block, 256) for block in range(16)]


def priors(alpha: float, classes: int = 10) -> np.ndarray:
    return np.concatenate([dirichlet_priors(3, place, alpha, (True,) * classes) for place in BLOCKS])


@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.0, 20.0])
def test_priors_have_the_moments_and_margins_of_the_dirichlet_law(alpha: float) -> None:
    drawn = priors(alpha)
    assert drawn.sum(1) == pytest.approx(np.ones(len(drawn)))
    variance = 0.1 * 0.9 / (10 * alpha + 1)
    assert drawn.mean(0) == pytest.approx(np.full(10, 0.1), abs=5 * np.sqrt(variance / len(drawn)))
    assert drawn.var() == pytest.approx(variance, rel=0.1)
    covariance = np.cov(drawn.T)[~np.eye(10, dtype=bool)].mean()
    assert covariance == pytest.approx(-0.01 / (10 * alpha + 1), rel=0.1)
    assert kstest(drawn[:, 3], beta(alpha, 9 * alpha).cdf).pvalue > 1e-3


def test_a_tiny_parameter_leaves_one_class_and_no_nan() -> None:
    drawn = priors(1e-4)
    assert np.isfinite(drawn).all()
    assert (drawn.max(1) > 0.99).mean() > 0.98
    assert chisquare(np.bincount(drawn.argmax(1), minlength=10)).pvalue > 1e-3


def test_a_device_has_one_prior_whatever_its_block_and_no_other_device_the_same() -> None:
    narrow = np.concatenate([dirichlet_priors(3, BlockId(0, block, 64), 0.5, TEN) for block in range(4)])
    assert (dirichlet_priors(3, BLOCKS[0], 0.5, TEN) == narrow).all()
    assert len(np.unique(priors(0.5)[:, 0])) == 256 * len(BLOCKS)
    assert (dirichlet_priors(3, BlockId(1, 0, 256), 0.5, TEN) != narrow).any()


def test_classes_that_are_not_there_get_nothing_and_the_others_keep_their_law() -> None:
    there = (False, True, True, False, True)
    drawn = np.concatenate([dirichlet_priors(3, place, 0.3, there) for place in BLOCKS])
    assert (drawn[:, [0, 3]] == 0).all()
    assert drawn.sum(1) == pytest.approx(np.ones(len(drawn)))
    assert kstest(drawn[:, 4], beta(0.3, 0.6).cdf).pvalue > 1e-3
    lone = dirichlet_priors(3, BLOCKS[0], 1e-4, there)
    assert np.isfinite(lone).all()


def test_images_are_picked_by_the_prior_of_each_device() -> None:
    labels = np.repeat(np.arange(4), [10, 30, 5, 15])
    pool = ImagePool(_images(len(labels)), labels, 4, np.random.default_rng(0))
    own = np.array([[0.7, 0.1, 0.2, 0.0], [0.0, 0.0, 0.0, 1.0]])
    which = np.random.default_rng(1).random(40_000)
    picked = pool.pick_by(which, np.repeat(own, 20_000, 0))
    first, second = picked[:20_000], picked[20_000:]
    counts = np.bincount(pool.labels[first], minlength=4)
    assert counts[3] == 0
    assert chisquare(counts[:3], own[0, :3] * 20_000).pvalue > 1e-3
    assert chisquare(np.bincount(first)[:10]).pvalue > 1e-3
    assert set(second.tolist()) == set(range(45, 60))


def test_the_same_prior_picks_the_same_images_in_either_way() -> None:
    labels = np.repeat(np.arange(4), [10, 30, 5, 15])
    pool = ImagePool(_images(60), labels, 4, np.random.default_rng(0))
    which = np.random.default_rng(1).random(5000)
    prior = (0.4, 0.1, 0.25, 0.25)
    one, other = pool.pick(which, Concept(prior=prior)), pool.pick_by(which, np.tile(prior, (5000, 1)))
    assert (one == other).mean() > 0.999


def test_a_task_without_priors_of_devices_refuses_them() -> None:
    line = DriftSpec("sudden", 1.0, to={"labels": {"dirichlet": 0.3}})
    with pytest.raises(ValueError, match="dirichlet"):
        make_schedule([line], [CohortSpec("a", 1, 1.0, "poisson", 1.0, None)], {}, 3, 1, 10.0)


def _images(size: int) -> torch.Tensor:
    return torch.zeros(size, 1, 2, 2)


def test_labels_of_each_device_follow_its_own_prior(fleet_spec: SpecMaker) -> None:
    task = Digits(fleet_spec(DriftSpec("sudden", 100.0, to={"labels": {"dirichlet": 0.5}})))
    place, time_s = BLOCKS[0], np.full((256, 400), 150.0)
    content = task.draw(Chunk(place, 0, time_s, time_s > 0), rng(1, Purpose.CONTENT))
    prior = task.schedule.prior(place, 1)
    assert prior is not None
    counts = np.stack([np.bincount(row, minlength=10) for row in content.label])
    assert (counts[prior == 0] == 0).all()
    # Given how many samples fall into the classes that are expected often, those are multinomial among them.
    often = prior * 400 > 5
    worst = [
        chisquare(own[large], p[large] / p[large].sum() * own[large].sum()).pvalue
        for own, large, p in zip(counts, often, prior, strict=True)
        if large.sum() > 1
    ]
    assert len(worst) > 200
    assert kstest(worst, "uniform").pvalue > 1e-3
    assert (task.past_under(1).label.bincount() > 0).all()
