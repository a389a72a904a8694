"""Sizes and times in words."""

from __future__ import annotations

import math

import pytest

from agents.contract.amounts import size_in_words, time_in_words


@pytest.mark.parametrize(
    ("nbytes", "written"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_234_567, "1.23 MB"), (999_600, "1 MB"), (math.nan, "unknown")],
)
def test_sizes_have_three_digits(nbytes: float, written: str) -> None:
    assert size_in_words(nbytes, 3) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.25, "0.25 s"), (90, "90 s"), (299.96, "300 s"), (750, "12.5 min"), (14_399, "240 min"), (36_000, "10 h")],
)
def test_times_have_the_unit_in_which_they_read_well(seconds: float, written: str) -> None:
    assert time_in_words(seconds, 3) == written


def test_what_is_not_known_is_said() -> None:
    assert time_in_words(math.nan) == "unknown"
