"""A ledger tells what was written into it, whenever rows become columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel import row_store
from sim.kernel.row_store import RowStore


@dataclass
class Row:
    number: int
    at_s: float
    over: bool = False


def opened() -> RowStore[Row]:
    return RowStore({"number": np.int64, "at_s": np.float64}, lambda row: row.over)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_store, "CHUNK", 4)


@pytest.mark.usefixtures("small_chunks")
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=60))
def test_rows_that_change_until_they_are_over_are_told_as_they_ended(plan: list[tuple[bool, int]]) -> None:
    reported, rows = opened(), list[Row]()
    for number, (late, ends) in enumerate(plan):
        rows.append(reported.add(Row(number, 0.5 * number, over=not late)))
        for row in rows[ends : ends + 2]:
            if not row.over:
                row.at_s, row.over = row.at_s + 100.0, True
    columns = reported.columns()
    assert len(reported) == len(rows)
    assert sorted(zip(*(columns[name].tolist() for name in columns), strict=True)) == [(r.number, r.at_s) for r in rows]


@pytest.mark.usefixtures("small_chunks")
def test_few_rows_stay_objects_once_they_are_over() -> None:
    reported = opened()
    for number in range(1000):
        reported.add(Row(number, 0.0, over=True))
    assert len(reported) == 1000
    assert len(reported._open) <= 4


@pytest.mark.usefixtures("small_chunks")
def test_rows_that_never_end_are_not_looked_at_again_for_each_newcomer() -> None:
    looks = 0

    def never(row: Row) -> bool:
        nonlocal looks
        looks += 1
        return False

    reported = RowStore[Row]({"number": np.int64}, never)
    for number in range(4000):
        reported.add(Row(number, 0.0))
    assert looks < 10 * 4000


def test_whole_columns_join_single_rows() -> None:
    reported = opened()
    reported.add(Row(1, 1.0))
    reported.extend({"number": np.array([2, 3]), "at_s": np.array([2.0, 3.0])})
    assert len(reported) == 3
    assert sorted(reported.column("number").tolist()) == [1, 2, 3]
    assert reported.column("at_s").dtype == np.float64
