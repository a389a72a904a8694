"""Tables of tuning: defaults stay unless another setting is better and stands; only validation streams tune."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from analysis.compare import Comparison, Row
from analysis.statistics import paired_difference, student_interval
from analysis.tuning import Tuning, tunes, written_tunings

BASE = [0.80, 0.70, 0.75, 0.72, 0.78]


def tuning(name: str, by: str = "accuracy", **gains: list[float]) -> Tuning:
    """Return a tuning whose settings have these gains over the defaults, seed by seed."""
    values_of = {name: BASE} | {
        setting: [base + one for base, one in zip(BASE, gained, strict=True)] for setting, gained in gains.items()
    }
    rows = []
    for label, values in values_of.items():
        pairs = paired_difference(dict(enumerate(values)), dict(enumerate(BASE)))
        differences = {} if label == name else {by: pairs}
        values_here = {"accuracy": student_interval([0.0] * len(BASE))} | {by: student_interval(values)}
        rows.append(Row(label, {}, (1, 2, 3, 4, 5), values_here, name or None, differences))
    metrics = tuple(dict.fromkeys([by, "accuracy"]))
    return Tuning(name, Comparison(name, ("method.adapter",), "method.adapter", name, metrics, tuple(rows)))


SURE, UNSURE, WORSE = (
    [0.05, 0.051, 0.049, 0.05, 0.052],
    [0.3, -0.1, 0.2, 0.1, -0.02],
    [-0.05, -0.051, -0.05, -0.049, -0.05],
)


@pytest.mark.parametrize(
    ("gains", "chosen"),
    [
        ({"a": SURE, "b": UNSURE}, "a"),
        ({"a": UNSURE, "b": WORSE}, "tent"),
        ({"a": SURE, "b": [2 * one for one in SURE]}, "b"),
        ({}, "tent"),
    ],
)
def test_the_best_is_chosen_of_what_stands_and_the_defaults_if_nothing_does(
    gains: dict[str, list[float]], chosen: str
) -> None:
    assert tuning("tent", **gains).chosen.label == chosen


def test_recommenders_are_tuned_by_what_studies_compare_them_by() -> None:
    ranked = tuning("duet_clicks", by="ndcg_10", a=SURE, b=UNSURE)
    assert (ranked.by, tuning("duet", a=SURE).by) == ("ndcg_10", "accuracy")
    assert ranked.chosen.label == "a"
    table = written_tunings([ranked])["duet_clicks"]
    assert table.startswith("| setting | n | NDCG@10 [%] | difference | shows |")
    assert "| a | 5 | 80.04 ± " in table


def test_tables_name_what_is_chosen_and_several_are_summed_up() -> None:
    tables = written_tunings([tuning("tent", a=SURE), tuning("eata", b=UNSURE)])
    assert list(tables) == ["summary", "tent", "eata"]
    assert [line.split(" | ")[0] for line in tables["summary"].splitlines()[2:]] == ["| eata", "| tent"]
    assert "the defaults |" in tables["summary"].splitlines()[2]
    (chosen,) = (line for line in tables["tent"].splitlines() if line.endswith("| chosen |") and "setting" not in line)
    assert chosen.startswith("| a | 5 | 80.04 ± ")
    assert "+5.04 ± 0.14 | better" in chosen
    assert list(written_tunings([tuning("tent")])) == ["tent"]
    assert "summary" not in written_tunings([tuning("tent"), tuning("eata")], whole=False)


def test_a_few_are_put_into_the_summary_and_the_rest_of_it_stays() -> None:
    before = written_tunings([tuning("tent", a=SURE), tuning("eata", b=UNSURE)])["summary"]
    after = written_tunings([tuning("foa", c=UNSURE), tuning("tent")], whole=False, before=before)["summary"]
    old, new = before.splitlines(), after.splitlines()
    assert [line.split(" | ")[0] for line in new[2:]] == ["| eata", "| foa", "| tent"]
    assert new[:3] == old[:3]
    assert new[-1] != old[-1]
    assert written_tunings([tuning("foa", c=UNSURE)], whole=False, before=after)["summary"] == after


@pytest.mark.parametrize(
    ("tasks", "validation"),
    [
        ([{"data": {"kind": "digits", "streams": "validation"}}], True),
        ([{"data": {"kind": "digits", "streams": "validation"}}, {"data": {"kind": "digits"}}], False),
        (["none"], False),
        ([{"data": "digits"}], False),
    ],
)
def test_a_sweep_tunes_whose_streams_are_all_for_validation(tasks: list[Any], validation: bool) -> None:
    runs: Any = SimpleNamespace(runs=[SimpleNamespace(resolved={"task": task}) for task in tasks])
    assert tunes(runs) is validation
