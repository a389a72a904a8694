"""A checkpoint keeps little, and enough: blocks that come back go on with the same bits."""

from __future__ import annotations

from copy import deepcopy
from itertools import islice

import numpy as np
import pytest
from small_fleet import cloud_of, fleet_of, history, small_blueprint

from agents.pools.blueprint import Blueprint
from agents.pools.inline import InlinePool

TICKS = 24


@pytest.mark.parametrize("lived", [0, 7])
@pytest.mark.parametrize("moment", [0, 1, 9, 20])
def test_blocks_that_come_back_go_on_as_if_they_had_never_gone(moment: int, lived: int) -> None:
    blueprint, ticks = small_blueprint(), list(islice(history(), TICKS))
    pool, cloud = InlinePool(blueprint.layout, blueprint.build()), cloud_of(blueprint)
    fleet = fleet_of(pool, cloud)
    for tick in ticks[:moment]:
        fleet.settle(*tick)
    kept, cloud_then = pool.checkpoint(), deepcopy(cloud)
    expected = [fleet.settle(*tick).cohorts for tick in ticks[moment:]]

    others = with_another_past(blueprint, lived)
    others.restore(kept)
    again = fleet_of(others, cloud_then)
    assert np.array_equal([again.settle(*tick).cohorts for tick in ticks[moment:]], expected)
    assert np.array_equal(again.totals().counts, fleet.totals().counts)


def with_another_past(blueprint: Blueprint, ticks: int) -> InlinePool:
    """Return blocks that have been through other things for some ticks."""
    pool = InlinePool(blueprint.layout, blueprint.build())
    fleet = fleet_of(pool, cloud_of(blueprint))
    for tick in islice(history(seed=1), ticks):
        fleet.settle(*tick)
    return pool


def test_a_checkpoint_is_a_copy() -> None:
    blueprint = small_blueprint()
    stack = blueprint.build()[0]
    stack.close(20.0)
    kept = stack.checkpoint()
    before = [{name: values.copy() for name, values in one.items()} for one in kept]
    stack.close(60.0)
    rows = np.arange(stack.devices)
    stack.state.put(rows, {name: values + 1.0 for name, values in stack.state.of(rows).items()})
    for one, copy in zip(kept, before, strict=True):
        assert all(np.array_equal(values, one[name]) for name, values in copy.items())


def test_samples_are_drawn_again_instead_of_kept() -> None:
    blueprint = small_blueprint()
    stack = blueprint.build()[0]
    stack.close(300.0)
    kept = [(name, values.nbytes) for one in stack.checkpoint() for name, values in one.items()]
    assert sum(nbytes for name, nbytes in kept if not name.startswith("state")) < 512 * stack.devices
