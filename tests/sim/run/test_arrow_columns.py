"""Columns become Arrow's with the values that they have, and without pandas."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.run.arrow_columns import arrow_table

COLUMNS = {
    "whole": np.array([3, -1, 2**62]),
    "short": np.array([1, 2, 3], np.int8),
    "times": np.array([0.5, np.nan, np.inf]),
    "truths": np.array([True, False, True]),
    "names": np.array(["phones", "", "Gerät"], object),
    "odd": np.array(["a", None, "b"], object),
    "every_other": np.arange(6)[::2],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_what_arrow_itself_makes_of_it(name: str) -> None:
    values = COLUMNS[name]
    for length in (len(values), 0):
        made, wanted = arrow_table({name: values[:length]})[name].combine_chunks(), pa.array(values[:length])
        if length or values.dtype != object:
            assert made.type == wanted.type
        assert str(made) == str(wanted)


@given(st.lists(st.booleans()))
def test_truths_are_packed_as_they_come(truths: list[bool]) -> None:
    assert arrow_table({"x": np.array(truths, bool)})["x"].to_pylist() == truths


def test_numbers_of_names_are_read_as_names() -> None:
    table = arrow_table({"cohort": np.array([1, 0, 1], np.int64)}, {"cohort": ["cams", "phones"]})
    assert table["cohort"].to_pylist() == ["phones", "cams", "phones"]


def test_pandas_is_not_imported() -> None:
    code = (
        "import sys, numpy as np; from sim.run.arrow_columns import arrow_table;"
        "arrow_table({'a': np.arange(3), 'b': np.array(['x', 'y', 'z'], object)}, {'a': ['p', 'q', 'r']});"
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
