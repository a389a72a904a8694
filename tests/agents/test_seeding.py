from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from agents.seeding import Purpose, rng, uniforms


def test_one_meaning_gives_one_stream() -> None:
    assert rng(7, Purpose.CONTENT, 1, 2, 3).random() == rng(7, Purpose.CONTENT, 1, 2, 3).random()


@pytest.mark.parametrize(
    "other",
    [(8, Purpose.CONTENT, 1, 2, 3), (7, Purpose.LABELS, 1, 2, 3), (7, Purpose.CONTENT, 1, 2, 4), (7, Purpose.CONTENT)],
)
def test_another_meaning_gives_another_stream(other: tuple[int, Purpose, int]) -> None:
    assert rng(7, Purpose.CONTENT, 1, 2, 3).random() != rng(*other).random()


def test_ids_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="three non-negative"):
        rng(1, Purpose.CONTENT, 1, 2, 3, 4)
    with pytest.raises(ValueError, match="three non-negative"):
        rng(1, Purpose.CONTENT, -1)


def test_uniforms_do_not_depend_on_what_is_drawn_beside_them() -> None:
    many = uniforms(3, Purpose.SERVICE, np.arange(1000), 5)
    assert many[17] == uniforms(3, Purpose.SERVICE, 17, 5)


def test_uniforms_are_uniform_and_independent() -> None:
    grid = uniforms(11, Purpose.TRIGGER_GAP, np.arange(300)[:, None], np.arange(300))
    assert stats.kstest(grid.ravel(), "uniform").pvalue > 0.001
    pairs = np.histogram2d(grid[:, :-1].ravel(), grid[:, 1:].ravel(), bins=8)[0]
    assert stats.chisquare(pairs.ravel()).pvalue > 0.001
    across = np.histogram2d(grid[:-1].ravel(), grid[1:].ravel(), bins=8)[0]
    assert stats.chisquare(across.ravel()).pvalue > 0.001
    assert 0.0 < grid.min() < grid.max() < 1.0
