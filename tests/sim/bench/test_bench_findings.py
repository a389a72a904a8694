"""What the bench says of a figure: its spread, its goal, its line on the page."""

from __future__ import annotations

import pytest

from sim.bench.groups import GROUPS, SLOW, USUAL, chosen
from sim.bench.report import machine, number, page, row
from sim.bench.result import Goal, Row, at_least, at_most

SPEED = Row("speed", "", at_least(0.5), "played twice")


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [(at_least(2.0), 2.0, True), (at_least(2.0), 1.99, False), (at_most(2.0), 2.0, True), (at_most(2.0), 2.01, False)],
)
def test_a_goal_is_met_at_its_bound_and_beyond_it_on_one_side(goal: Goal, value: float, met: bool) -> None:
    assert goal.met(value) is met


def test_a_finding_is_the_median_of_its_repeats_between_the_extremes() -> None:
    found = SPEED.found([0.9, 0.2, 0.4], "so many")
    assert (found.low, found.value, found.high) == (0.2, 0.4, 0.9)
    assert found.verdict == "missed"
    assert row(found) == ("speed", ">= 0.5", "0.4", "0.2 to 0.9", "missed", "so many")


def test_a_figure_without_a_goal_has_no_verdict() -> None:
    found = Row("size", "bytes", None, "weighed").found([1234.5], "")
    assert found.verdict == ""
    assert row(found) == ("size", "", "1,234 bytes", "", "", "")


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123456, "0.0123"), (2.0499, "2.05"), (99.4, "99.4"), (1e6, "1,000,000")]
)
def test_figures_are_told_in_few_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_the_page_holds_every_figure_the_command_and_the_machine() -> None:
    text = page([SPEED.found([0.4], "a lot"), SPEED.found([0.6], "")], ["bench", "--write", "FILE"])
    assert "`python run_sim.py bench --write FILE`" in text
    assert machine() in text
    assert "| speed | >= 0.5 | 0.4 |  | **missed** | a lot |" in text
    assert "| speed | >= 0.5 | 0.6 |  | ok |  |" in text
    assert "* **speed**: played twice." in text


def test_groups_are_measured_in_their_own_order_and_slow_ones_only_with_patience() -> None:
    assert chosen([], quick=False) == list(USUAL)
    assert chosen(["memory", "doubling"], quick=False) == ["doubling", "memory"]
    assert chosen(["all"], quick=False) == list(GROUPS)
    assert chosen(["all"], quick=True) == [name for name in GROUPS if name not in SLOW]


def test_a_group_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no group 'sped'"):
        chosen(["sped"], quick=False)
