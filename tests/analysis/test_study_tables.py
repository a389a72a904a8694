"""Tables of a study: what stands in one depends on no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from analysis import study
from analysis.statistics import student_interval
from analysis.study import StudyTable, standing_in

#: p values of 0.003 and 0.07 (five pairs): the first is clear of zero alone, and no longer among thirty others.
CLEAR = [0.010, 0.020, 0.030, 0.022, 0.018]
FAINT = [0.010, 0.060, 0.005, 0.040, 0.012]


def table(name: str, *differences: list[float]) -> StudyTable:
    rows = [SimpleNamespace(label="base", differences={})]
    rows += [
        SimpleNamespace(label=f"{name} {number}", differences={"accuracy": student_interval(one)})
        for number, one in enumerate(differences)
    ]
    result: Any = SimpleNamespace(rows=rows)
    return StudyTable(name, result, "accuracy")


def test_a_table_is_one_family_of_tests() -> None:
    alone = table("alone", CLEAR)
    assert standing_in(alone) == {"alone 0"}
    crowded = table("crowded", CLEAR, *([FAINT] * 30))
    assert standing_in(crowded) == set()
    assert standing_in(alone) == {"alone 0"}


def test_a_base_is_no_test() -> None:
    assert standing_in(table("nothing")) == set()


@pytest.mark.parametrize(
    ("scores", "first"), [([[0.9, 0.8], [0.7, 0.6]], "auroc"), ([[0.9, 0.8], [None, None]], "accuracy")]
)
def test_settings_are_compared_by_what_all_of_them_have(
    scores: list[list[float | None]], first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        SimpleNamespace(values={"auroc": student_interval(some), "accuracy": student_interval(CLEAR)})
        for some in scores
    ]
    result = SimpleNamespace(metrics=("accuracy", "auroc"), rows=rows)
    monkeypatch.setattr(study, "comparison", lambda sweep, metrics: result)
    sweep: Any = None
    assert study.study_tables({"gates": sweep})[0].first == first
