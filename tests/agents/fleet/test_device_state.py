from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.fleet.device_state import DeviceStates

WIDTH, BLOCKS = 3, 2
BLOCK = [slice(0, WIDTH), slice(WIDTH, 2 * WIDTH)]


def rows_of(first: torch.Tensor) -> DeviceStates:
    return DeviceStates({"w": first}, WIDTH * BLOCKS, shared=False)


def seen(rows: DeviceStates) -> list[float]:
    found: list[float] = rows.of(np.arange(WIDTH * BLOCKS))["w"].flatten().tolist()
    return found


@pytest.mark.parametrize("first", [torch.zeros(1, 1), torch.arange(6.0).view(6, 1)], ids=["alike", "each its own"])
@pytest.mark.parametrize("changed", [[], [1], [4, 0]])
def test_rows_come_back_block_by_block_in_whatever_stacks(first: torch.Tensor, changed: list[int]) -> None:
    rows, again = rows_of(first), rows_of(torch.full((1, 1), 9.0))
    rows.put(np.array(changed, np.int64), {"w": torch.full((len(changed), 1), 7.0)})
    snapshot = [rows.checkpoint(block) for block in BLOCK]
    again.restore(snapshot)
    assert seen(again) == seen(rows)
    for number, block in enumerate(BLOCK):
        alone = DeviceStates({"w": torch.zeros(1, 1)}, WIDTH, shared=False)
        alone.restore(snapshot[number : number + 1])
        assert alone.of(np.arange(WIDTH))["w"].flatten().tolist() == seen(rows)[block]


def test_a_block_that_is_alike_joins_one_that_is_not() -> None:
    alike, changed = (DeviceStates({"w": torch.zeros(1, 1)}, WIDTH, shared=False) for _ in range(2))
    changed.put(np.array([2]), {"w": torch.ones(1, 1)})
    both = rows_of(torch.zeros(1, 1))
    both.restore([alike.checkpoint(BLOCK[0]), changed.checkpoint(BLOCK[0])])
    both.put(np.array([0]), {"w": torch.full((1, 1), 5.0)})
    assert seen(both) == [5.0, 0.0, 0.0, 0.0, 0.0, 1.0]
