from __future__ import annotations

import numpy as np
import pytest

from agents.drift.relabelling import Relabelling, read_relabelling


def test_a_permutation_is_picked_by_its_number_and_by_nothing_else() -> None:
    first, again, other = (read_relabelling({"permute": number}, 10).of(10) for number in (3, 3, 4))
    assert sorted(first.tolist()) == list(range(10))
    assert (first == again).all()
    assert (first != other).any()
    assert (read_relabelling({"permute": 3}, 100).of(100)[:10] != first).any()


def test_swaps_come_before_the_permutation() -> None:
    permuted = Relabelling(permute=3).of(5)
    both = Relabelling(swap=((0, 4),), permute=3).of(5)
    assert both.tolist() == permuted[[4, 1, 2, 3, 0]].tolist()
    assert both.dtype == np.int16


def test_it_tells_its_parts() -> None:
    assert Relabelling(((0, 4),), 3).names == ["swap 0-4", "permute 3"]
    assert Relabelling().names == []
    assert Relabelling().of(3).tolist() == [0, 1, 2]


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'shuffle'; known are prior, dirichlet, swap, permute"):
        read_relabelling({"shuffle": 1}, 3)
