"""The radio's states, by hand: promotions, air time, tails that run into each other, and sleep."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.energy import energy
from analysis.radio import radio, union
from analysis.runs import Run

NAN = math.nan
LTE = {
    "promotion_time": "260 ms",
    "promotion": "1210 mW",
    "transmitting": "1700 mW",
    "receiving": "1500 mW",
    "tail_time": "10 s",
    "tail": "1 W",
    "asleep": "1 mW",
}


def made_run(given: dict[str, Any], rate: dict[str, Any]) -> Run:
    """Make 100 s of a phone that asks twice within its tail and once later, and of one that never asks."""
    run = Run(Path("made"), {"seed": 1, "tick_s": 50.0, "duration_s": 100.0}, {}, "complete")
    exchanges = {
        "device": [0, 0, 0],
        "sent_s": [10.0, 20.0, 50.0],
        "reached_s": [11.0, 21.0, NAN],
        "served_s": [11.5, 21.5, NAN],
        "returned_s": [12.0, 22.0, NAN],
        "up_bytes": [1000, 1000, 1000],
        "down_bytes": [500, 500, 0],
    }
    run.__dict__.update(
        windows=pd.DataFrame({"t_s": [100.0]}),
        devices=pd.DataFrame({"device": [0, 1], "cohort": ["phones", "phones"], "samples": [0, 0]}),
        exchanges=pd.DataFrame(exchanges),
        cloud=pd.DataFrame({"workers": [1], "busy_s": [0.0]}),
        resolved={
            "fleet": [{"cohort": "phones", "link": "lte"}],
            "links": {"lte": {"up": rate, "down": rate, "radio": given}},
        },
    )
    return run


def cohorts(run: Run) -> dict[str, Any]:
    return {"phones": run.resolved["fleet"][0]}


def test_a_message_within_the_tail_needs_no_promotion() -> None:
    run = made_run(LTE, {"rate": "16 kbit/s"})
    row = radio(run, cohorts(run)).iloc[0]
    # Awake from 10 to 32, as the second message comes at 20 within the tail of the first (12 to 22), and 50 to 60.5.
    assert row["promotions"] == 2
    assert row["awake_s"] == pytest.approx(22.0 + 10.5)
    assert row["air_s"] == pytest.approx(3 * 0.5 + 2 * 0.25)
    assert row["promotion_j"] == pytest.approx(2 * 0.26 * 1.21)
    assert row["air_j"] == pytest.approx(1.5 * 1.7 + 0.5 * 1.5)
    assert row["tail_j"] == pytest.approx(32.5 - 2.0)
    assert row["asleep_j"] == pytest.approx(1e-3 * (100 - 32.5 - 0.52))


def test_a_radio_that_does_not_wait_sleeps_until_the_answer_comes() -> None:
    run = made_run(LTE | {"waits": False, "tail_time": "0 s"}, {"rate": "16 kbit/s"})
    row = radio(run, cohorts(run)).iloc[0]
    assert (row["promotions"], row["awake_s"]) == (5, pytest.approx(2.0))


def test_without_a_mean_rate_a_message_is_on_air_as_long_as_it_takes() -> None:
    run = made_run(LTE, {"markov": {}})
    assert radio(run, cohorts(run)).iloc[0]["air_s"] == pytest.approx(2 * 1.0 + 2 * 0.5)


def test_what_never_came_down_costs_no_reception() -> None:
    run = made_run(LTE, {"rate": "16 kbit/s"})
    run.exchanges.loc[2, ["reached_s", "served_s", "down_bytes"]] = [51.0, 51.5, 500]
    assert radio(run, cohorts(run)).iloc[0]["air_s"] == pytest.approx(3 * 0.5 + 2 * 0.25)


def test_a_device_that_never_asks_sleeps_and_the_account_has_it() -> None:
    made = energy(made_run(LTE, {"rate": "16 kbit/s"}))
    assert made.powered
    assert made.devices["radio_j"].tolist()[1] == pytest.approx(0.1)
    assert made.devices["energy_j"].tolist() == made.devices["radio_j"].tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.floats(0, 100), st.floats(0, 30)).map(lambda x: (x[0], x[1], x[1] + x[2])),
        max_size=30,
    )
)
def test_the_union_is_that_of_a_fine_grid(stretches: list[tuple[int, float, float]]) -> None:
    owner = np.array([one[0] for one in stretches], np.int64)
    begin, end = (np.array([one[place] for one in stretches], float) for place in (1, 2))
    covered, pieces = union(owner, begin, end, 3, 90.0)
    grid = (np.arange(90_000) + 0.5) / 1000
    for one in range(3):
        inside = np.zeros(len(grid), bool)
        for a, b in zip(begin[owner == one], end[owner == one], strict=True):
            inside |= (grid > a) & (grid <= b)
        assert covered[one] == pytest.approx(inside.mean() * 90.0, abs=0.05)
        assert pieces[one] <= (owner == one).sum()
