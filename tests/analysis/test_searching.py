"""The search finds the low place of functions whose low place is known; shrinking leaves only what is needed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.searching import Side, lowest, needed


def test_the_low_place_of_a_bowl_is_found() -> None:
    def bowl(point: tuple[float, ...]) -> float:
        return (math.log10(point[0]) - 3.0) ** 2 + (point[1] - 0.3) ** 2

    (x, y), least = lowest(bowl, [Side(1.0, 1e6), Side(0.0, 1.0)], 120)
    assert math.log10(x) == pytest.approx(3.0, abs=0.3)
    assert y == pytest.approx(0.3, abs=0.15)
    assert least < 0.1


def test_more_tries_find_no_worse_and_one_try_is_enough_to_end() -> None:
    found = [lowest(lambda point: point[0], [Side(0.0, 1.0)], tries)[1] for tries in (1, 8, 64)]
    assert found[2] <= found[0]
    assert lowest(lambda point: math.nan, [Side(0.0, 1.0)], 3)[1] == math.inf


def test_the_box_is_never_left() -> None:
    seen = []
    lowest(lambda point: seen.append(point) or point[0], [Side(2.0, 5.0)], 40)  # type: ignore[func-returns-value]
    assert all(2.0 <= point[0] <= 5.0 for point in seen)


@given(st.sets(st.integers(0, 9)), st.permutations(range(10)))
def test_what_is_needed_is_what_is_left(needs: set[int], order: list[int]) -> None:
    assert set(needed(order, lambda kept: needs <= set(kept))) == needs


def test_of_two_that_do_one_is_left() -> None:
    assert len(needed(["a", "b", "c"], lambda kept: "a" in kept or "b" in kept)) == 1
