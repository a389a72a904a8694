"""Counts of a Poisson process that are known for any cell at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from agents.streams.base import BlockId
from agents.streams.poisson_counts import ArrivalCounts

BLOCK = BlockId(0, 0, 256)


def test_counts_before_a_cell_are_those_of_the_cells_before() -> None:
    counts = ArrivalCounts(1, 16)
    total = np.zeros(256, np.int64)
    for index in range(40):
        before, inside = counts.of(BLOCK, index)
        assert (before == total).all()
        total = total + inside


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6))
def test_a_cell_does_not_depend_on_what_was_asked_before(order: list[int]) -> None:
    asked = ArrivalCounts(5, 16)
    for index in order:
        before, inside = asked.of(BLOCK, index)
        fresh_before, fresh_inside = ArrivalCounts(5, 16).of(BLOCK, index)
        assert (before == fresh_before).all()
        assert (inside == fresh_inside).all()


def test_cells_hold_poisson_numbers() -> None:
    counts = ArrivalCounts(3, 16)
    inside = np.concatenate([counts.of(BLOCK, index)[1] for index in range(200)])
    edges = np.arange(8, 27)
    law = np.diff(stats.poisson(16).cdf(edges), prepend=0.0, append=1.0)
    seen = np.bincount(np.searchsorted(edges, inside), minlength=len(law))
    assert stats.chisquare(seen, law * len(inside)).pvalue > 1e-3


def test_blocks_and_cohorts_have_counts_of_their_own() -> None:
    counts = ArrivalCounts(3, 16)
    inside = [counts.of(place, 7)[1] for place in (BLOCK, BlockId(0, 1, 256), BlockId(1, 0, 256))]
    assert (inside[0] != inside[1]).any()
    assert (inside[0] != inside[2]).any()
