"""A checkpoint keeps little, and enough: blocks that come back go on with the same bits."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from small_fleet import fleet_of, itinerary, small_blueprint

from agents.block import Block
from agents.pools.inline import InlinePool

TICKS = 24


@pytest.mark.parametrize("moment", [0, 1, 9, 20])
def test_blocks_that_come_back_go_on_as_if_they_had_never_gone(moment: int) -> None:
    blueprint = small_blueprint()
    pool = InlinePool(blueprint.layout, blueprint.build())
    fleet = fleet_of(blueprint, pool)
    days = list(islice(itinerary(), TICKS))
    for day in days[:moment]:
        fleet.settle(*day)
    kept = [block.checkpoint() for block in pool._blocks]
    whole = [fleet.settle(*day).cohorts for day in days[moment:]], fleet.totals().counts
    # The cloud half of the first life goes on: what it held at that moment is put back with the payloads below.
    blocks = blueprint.build()
    again = InlinePool(blueprint.layout, blocks)
    second = fleet_of(blueprint, again)
    for day in days[:moment]:
        second.settle(*day)
    scramble(blocks)
    for block, own in zip(blocks, kept, strict=True):
        block.restore(own)
    resumed = [second.settle(*day).cohorts for day in days[moment:]], second.totals().counts
    assert np.array_equal(whole[0], resumed[0])
    assert np.array_equal(whole[1], resumed[1])
