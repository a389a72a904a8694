"""Rows leave in an order in which each device installs what they brought."""

from __future__ import annotations

import numpy as np
import pytest

from sim.compiled.row_views import installed_in_order


@pytest.mark.parametrize(
    ("installed_s", "device", "count", "leave"),
    [
        ([1.0, 2.0, 3.0], [0, 0, 0], 2, 2),
        ([5.0, 2.0, 3.0], [0, 0, 0], 1, 0),
        ([np.nan, 2.0, 3.0], [0, 1, 0], 2, 2),
        # The second row must stay for the last one, so the third stays, which was installed before the first.
        ([9.0, 8.0, 7.0, 6.0], [0, 1, 0, 1], 3, 0),
    ],
)
def test_no_row_leaves_before_what_was_installed_earlier(
    installed_s: list[float], device: list[int], count: int, leave: int
) -> None:
    assert installed_in_order(np.array(installed_s), np.array(device), count) == leave
