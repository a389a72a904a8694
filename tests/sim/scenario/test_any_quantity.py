"""Any text is a quantity that can be written and read again, or a sentence that says why not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario import units
from sim.scenario.units import Dimension, UnitError

DIMENSIONS = [one for one in vars(units).values() if isinstance(one, Dimension)]
parts = st.sampled_from(
    [
        "1",
        "5",
        "0",
        "-3",
        "1e9",
        "1e400",
        ".5",
        ",",
        ";",
        "s",
        "ms",
        "min",
        "h",
        "d",
        "B",
        "kB",
        "Kb",
        "bit/s",
        "MB/s",
        "%",
        "deg",
        "/s",
        "/min",
        "Hz",
        "²",
        "µ",
        "五",
        "\t",
    ]
)
texts = st.text(max_size=30) | st.lists(parts, max_size=5).map(" ".join) | st.lists(parts, max_size=5).map("".join)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.name)
@settings(deadline=None, max_examples=150)
@given(text=texts)
def test_any_text_is_a_quantity_or_is_refused_in_a_line(dimension: Dimension, text: str) -> None:
    try:
        value = dimension.parse(text)
    except UnitError:
        return
    assert math.isfinite(value)
    assert dimension.parse(dimension.format(value)) == value
