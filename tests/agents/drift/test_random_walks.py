from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from agents.drift.onset import device_keys
from agents.drift.random_walks import PAGE, RandomWalks, folded
from agents.streams.base import BlockId

BLOCK = BlockId(0, 0, 256)
ROWS = np.arange(256)


def path(steps: int, step: float = 1e-3, seed: int = 5, line: int = 0) -> np.ndarray:
    """Return the walks of all devices, [steps + 1, devices]; steps so small that nothing is reflected upwards."""
    walks = RandomWalks(seed, line, step)
    return np.stack([walks.strength(BLOCK, ROWS, np.full(256, n)) for n in range(steps + 1)])


def free_path(steps: int) -> np.ndarray:
    """Return the walks before they are folded, in unit steps: [devices, steps + 1]."""
    walks = RandomWalks(5, 0, 1.0)
    pages = [walks._drawn(device_keys(BLOCK), number) for number in range(steps // PAGE + 1)]
    return np.concatenate(pages, 1)[:, : steps + 1]


def test_steps_are_independent_standard_normals_within_and_across_pages() -> None:
    walk = free_path(8 * PAGE)
    steps = np.diff(walk, axis=1)
    assert (walk[:, 0] == 0).all()
    assert kstest(steps.ravel(), "norm").pvalue > 1e-3
    for first, second in ((0, 1), (PAGE - 1, PAGE), (PAGE - 2, PAGE + 1), (2 * PAGE - 1, 2 * PAGE)):
        assert abs(np.corrcoef(steps[:, first], steps[:, second])[0, 1]) < 4 / np.sqrt(256)


@pytest.mark.parametrize("span", [1, 7, PAGE, 3 * PAGE + 5])
def test_the_variance_grows_with_the_number_of_steps(span: int) -> None:
    moved = np.diff(free_path(8 * PAGE)[:, ::span], axis=1)
    assert kstest(moved.ravel() / np.sqrt(span), "norm").pvalue > 1e-3


def test_far_away_is_as_near_as_the_beginning() -> None:
    walks = RandomWalks(5, 0, 1.0)
    far = walks.strength(BLOCK, ROWS, np.full(256, 10**9 + 17))
    assert (far == RandomWalks(5, 0, 1.0).strength(BLOCK, ROWS, np.full(256, 10**9 + 17))).all()
    counts, _ = np.histogram(far, 8, (0.0, 1.0))
    assert chisquare(counts).pvalue > 1e-3


def test_the_order_of_asking_and_a_pickle_change_nothing() -> None:
    forward = path(3 * PAGE)
    walks = RandomWalks(5, 0, 1e-3)
    for n in (150, 3, 64, 63, 0, 192, 65):
        assert (walks.strength(BLOCK, ROWS, np.full(256, n)) == forward[n]).all()
    thawed = pickle.loads(pickle.dumps(walks))
    assert (thawed.strength(BLOCK, ROWS, np.full(256, 100)) == forward[100]).all()


def test_a_device_walks_alike_whatever_the_block_and_alone_on_each_line() -> None:
    wide = RandomWalks(5, 0, 0.1).strength(BLOCK, np.arange(64, 128), np.full(64, 30))
    narrow = RandomWalks(5, 0, 0.1).strength(BlockId(0, 1, 64), np.arange(64), np.full(64, 30))
    assert (wide == narrow).all()
    other = RandomWalks(5, 1, 0.1).strength(BLOCK, np.arange(64, 128), np.full(64, 30))
    assert abs(np.corrcoef(wide, other)[0, 1]) < 0.5


def test_folding_reflects_at_both_ends() -> None:
    assert folded(np.array([0.3, -0.3, 1.2, 2.2, -1.2, 1.0])) == pytest.approx([0.3, 0.3, 0.8, 0.2, 0.8, 1.0])


def test_a_folded_walk_has_the_law_of_a_reflected_one() -> None:
    generator = np.random.default_rng(0)
    reflected = np.zeros(20_000)
    for _ in range(12):
        reflected = folded(reflected + 0.25 * generator.standard_normal(len(reflected)))
    mine = np.concatenate([RandomWalks(seed, 0, 0.25).strength(BLOCK, ROWS, np.full(256, 12)) for seed in range(40)])
    edges = np.linspace(0, 1, 11)
    wanted = np.histogram(reflected, edges)[0] / len(reflected) * len(mine)
    assert chisquare(np.histogram(mine, edges)[0], wanted).pvalue > 1e-3
