from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.contract import CohortSpec
from agents.layout import BLOCKS_PER_GROUP, Layout
from agents.orders import Kind, Orders

WIDTH = 4


def layout_of(devices: list[int]) -> Layout:
    cohorts = [CohortSpec(f"c{number}", count, 1.0, "poisson", 1.0, None) for number, count in enumerate(devices)]
    return Layout(cohorts, WIDTH)


@given(st.lists(st.integers(1, 70), min_size=1, max_size=4), st.data())
def test_every_order_finds_the_row_of_its_device(devices: list[int], data: st.DataObject) -> None:
    layout, fleet = layout_of(devices), sum(devices)
    first = data.draw(st.integers(0, len(layout.block_ids) - 1))
    part = layout.within(first, data.draw(st.integers(first + 1, len(layout.block_ids))))
    mine = [
        number for begin, count in zip(part.first, part.devices, strict=True) for number in range(begin, begin + count)
    ]
    device = np.array(data.draw(st.lists(st.sampled_from(mine), max_size=30)), np.int64)
    count = len(device)
    reported = Orders.of([(Kind.COLLECT, ticket, one, 0.0) for ticket, one in enumerate(device.tolist())])
    seen = []
    for stack, block_ids, rows in part.by_group(reported):
        blocks = part.groups[stack]
        assert (device[block_ids] == part.first[blocks.start] + rows).all()
        assert (rows < sum(part.devices[blocks])).all()
        assert (np.diff(block_ids) > 0).all()
        seen += block_ids.tolist()
    assert sorted(seen) == list(range(count))
    assert fleet == sum(layout.devices)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=4))
def test_stacks_are_blocks_of_one_cohort_that_follow_each_other(devices: list[int]) -> None:
    layout = layout_of(devices)
    blocks = [block for stack in layout.groups for block in range(stack.start, stack.stop)]
    assert blocks == list(range(len(layout.block_ids)))
    for stack in layout.groups:
        assert len(set(layout.cohort_of_block[stack])) == 1
        assert 1 <= stack.stop - stack.start <= BLOCKS_PER_GROUP
        assert layout.devices[stack][:-1] == [WIDTH] * (stack.stop - stack.start - 1)
