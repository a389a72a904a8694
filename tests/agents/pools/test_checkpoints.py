"""A checkpoint keeps little, and enough: blocks that come back go on with the same bits."""

from __future__ import annotations

from copy import deepcopy
from itertools import islice

import numpy as np
import pytest
from small_fleet import cloud_of, fleet_of, itinerary, small_blueprint

from agents.block import Block
from agents.pools.blueprint import Blueprint
from agents.pools.inline import InlinePool

TICKS = 24


@pytest.mark.parametrize("lived", [0, 7])
@pytest.mark.parametrize("moment", [0, 1, 9, 20])
def test_blocks_that_come_back_go_on_as_if_they_had_never_gone(moment: int, lived: int) -> None:
    blueprint, ticks = small_blueprint(), list(islice(itinerary(), TICKS))
    blocks, cloud = blueprint.build(), cloud_of(blueprint)
    fleet = fleet_of(InlinePool(blueprint.layout, blocks), cloud)
    for tick in ticks[:moment]:
        fleet.settle(*tick)
    kept, cloud_then = [block.checkpoint() for block in blocks], deepcopy(cloud)
    expected = [fleet.settle(*tick).cohorts for tick in ticks[moment:]]

    others = with_another_past(blueprint, lived)
    for block, own in zip(others, kept, strict=True):
        block.restore(own)
    again = fleet_of(InlinePool(blueprint.layout, others), cloud_then)
    assert np.array_equal([again.settle(*tick).cohorts for tick in ticks[moment:]], expected)
    assert np.array_equal(again.totals().counts, fleet.totals().counts)


def with_another_past(blueprint: Blueprint, ticks: int) -> list[Block]:
    """Return blocks that have been through other things for some ticks."""
    blocks = blueprint.build()
    fleet = fleet_of(InlinePool(blueprint.layout, blocks), cloud_of(blueprint))
    for tick in islice(itinerary(seed=1), ticks):
        fleet.settle(*tick)
    return blocks


def test_a_checkpoint_is_a_copy() -> None:
    blueprint = small_blueprint()
    block = blueprint.build()[0]
    block.close(20.0)
    kept = block.checkpoint()
    before = {name: values.copy() for name, values in kept.items()}
    block.close(60.0)
    rows = np.arange(block.devices)
    block.state.put(rows, {name: values + 1.0 for name, values in block.state.of(rows).items()})
    assert all(np.array_equal(values, kept[name]) for name, values in before.items())


def test_samples_are_drawn_again_instead_of_kept() -> None:
    blueprint = small_blueprint()
    block = blueprint.build()[0]
    block.close(300.0)
    heads = sum(values.nbytes for values in block.state.checkpoint().values())
    kept = sum(values.nbytes for values in block.checkpoint().values())
    assert kept - heads < 512 * block.devices
