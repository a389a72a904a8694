"""Amounts on the command line: signs count, and what is no number is refused in words."""

from __future__ import annotations

import pytest

from sim.scenario.amounts import amounts, target


@pytest.mark.parametrize(
    ("text", "amount"),
    [("gain >= -0.05", -0.05), ("gain >= -5 %", -0.05), ("accuracy >= .9", 0.9), ("gain <= +0.5", 0.5)],
)
def test_a_share_has_a_sign_and_needs_no_unit(text: str, amount: float) -> None:
    assert target(text).amount == pytest.approx(amount)


def test_a_bare_one_may_be_one_per_cent_or_all() -> None:
    with pytest.raises(ValueError, match=r"1 % or 100 %\?"):
        target("gain >= 1")
    assert target("gain >= 1 %").amount == pytest.approx(0.01)


@pytest.mark.parametrize("text", ["accuracy >= 0.9.1", "exchanges >= many", "exchanges <= nan"])
def test_what_is_no_amount_is_refused_with_its_metric(text: str) -> None:
    with pytest.raises(ValueError, match="it is an amount of") as refused:
        target(text)
    assert "could not convert" not in str(refused.value)


@pytest.mark.parametrize("high", ["³", "nan", "inf"])
def test_a_range_ends_in_a_number(high: str) -> None:
    with pytest.raises(ValueError, match="are no amounts of one kind"):
        amounts("1", high)
