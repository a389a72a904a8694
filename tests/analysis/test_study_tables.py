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


@pytest.mark.parametrize(
    ("base", "gains", "said"),
    [
        ("refit", [[0.01, 0.03]], " refit itself is at +2.00 ± 12.71 points of accuracy over static."),
        ("refit", [[0.02, 0.02], [-0.01, -0.01]], " itself is at -1.00 ± 0.00 to +2.00 ± 0.00 points of accuracy over"),
        ("refit", [[None, None]], "over the table.\n"),
        ("static", [[0.0, 0.0]], "over the table.\n"),
    ],
)
def test_a_table_says_how_far_its_base_is_from_no_method(base: str, gains: list[list[float | None]], said: str) -> None:
    rows = [
        SimpleNamespace(
            label=f"base {number}",
            setting={},
            seeds=(1, 2),
            differences={},
            values={"accuracy": student_interval(CLEAR), "gain": student_interval(one)},
        )
        for number, one in enumerate(gains)
    ]
    result: Any = SimpleNamespace(rows=rows, base=base, axes=(), shortened=(), metrics=("accuracy", "gain"))
    assert said in study.written_tables([StudyTable("one", result, "accuracy")])["one"]
