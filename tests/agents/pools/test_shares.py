"""Who owns what: contiguous shares of even load, and every device in exactly one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.contract import CohortSpec
from agents.layout import Layout
from agents.orders import Kind, Orders
from agents.pools.block_ranges import Owners, block_ranges

LOADS = st.lists(st.sampled_from([0.0, 1.0, 3.0, 16.0]), min_size=1, max_size=40)


@given(LOADS, st.integers(1, 12))
def test_shares_follow_one_another_and_none_is_empty(loads: list[float], workers: int) -> None:
    cut = block_ranges(loads, workers)
    assert len(cut) == min(workers, len(loads))
    assert [block for share in cut for block in range(share.first, share.end)] == list(range(len(loads)))
    assert all(share.first < share.end for share in cut)


@given(st.integers(1, 12), st.integers(1, 40))
def test_equal_blocks_are_shared_equally(workers: int, each: int) -> None:
    assert {share.end - share.first for share in block_ranges([1.0] * (workers * each), workers)} == {each}


def test_a_busy_cohort_gets_more_workers_than_a_quiet_one() -> None:
    assert [share.end for share in block_ranges([8.0, 8.0, *[1.0] * 16], 4)] == [1, 2, 10, 18]


@given(st.lists(st.integers(1, 900), min_size=1, max_size=4), st.integers(1, 5))
def test_each_device_belongs_to_the_worker_of_its_block(cohorts: list[int], workers: int) -> None:
    layout = Layout([CohortSpec(str(n), n, 1.0, "poisson", 1.0, None) for n in cohorts])
    owned = block_ranges([1.0] * len(layout.block_ids), workers)
    devices = np.random.default_rng(0).permutation(sum(cohorts)).tolist()
    orders = Orders.of([(Kind.COLLECT, device, device, 0.0) for device in devices])
    rows_of = Owners(layout, owned).rows_by_worker(orders)
    assert list(rows_of) == sorted(rows_of)
    for worker, rows in rows_of.items():
        mine = layout.within(owned[worker].first, owned[worker].end)
        part = orders.take(rows)
        assert (np.diff(rows) > 0).all()
        assert sum(len(block_ids) for _, block_ids, _ in mine.by_group(part)) == len(rows)
        lowest, highest = mine.first[0], mine.first[-1] + mine.devices[-1]
        assert ((lowest <= part.device) & (part.device < highest)).all()
    assert sum(map(len, rows_of.values())) == len(orders)
