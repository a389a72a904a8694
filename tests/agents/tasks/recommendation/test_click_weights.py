"""Weights of clicks: how much the cloud learns from each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.contract import CohortSpec, FleetSpec
from agents.tasks.recommendation.interactions import Interactions
from agents.tasks.recommendation.log import make_log, merged, rows_by_weight


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 9.0), min_size=1, max_size=60).filter(any), st.integers(0, 99))
def test_each_row_comes_up_as_often_as_its_share_says_rounded_up_or_down(weights: list[float], seed: int) -> None:
    weight = np.array(weights)
    rows = rows_by_weight(weight, np.random.default_rng(seed))
    share = weight / weight.sum() * len(weight)
    times = np.bincount(rows, minlength=len(weight))
    assert len(rows) == len(weight)
    assert (np.diff(rows) >= 0).all()
    assert (np.abs(times - share) < 1.0 + 1e-6).all()
    assert not times[weight == 0.0].any()


def test_equal_weights_change_nothing() -> None:
    assert rows_by_weight(np.full(7, 0.3), np.random.default_rng(1)).tolist() == list(range(7))


def test_counted_duplicates_add_their_weights_up() -> None:
    user, item = np.array([0, 0, 1, 0]), np.array([1, 1, 1, 0])
    log = make_log(user, item, np.array([3.0, 3.0, 3.0, 9.0]), ["a", "b"], ["x", "y"])
    counted = merged(log, count=True)
    assert counted.weight is not None
    assert [(int(u), float(w)) for u, w in zip(counted.user, counted.weight, strict=True)] == [(0, 2), (1, 1), (0, 1)]
    weighed = make_log(
        user, item, np.array([3.0, 3.0, 3.0, 9.0]), ["a", "b"], ["x", "y"], weight=np.array([1, 4, 2, 0.5])
    )
    again = merged(weighed, count=True).weight
    assert again is not None
    assert again.tolist() == [5.0, 2.0, 0.5]


@pytest.fixture
def task_of(fleet_spec: Callable[..., FleetSpec], tmp_path: Path) -> Callable[..., Interactions]:
    """Return a maker of tasks of a log in which user u plays item u % 3 at odd times, with weights by a function."""

    def make(weight: Callable[[int, int], Any], **options: Any) -> Interactions:
        rows = [(user, (at * 7 + user) % 97, weight(user, at), at) for user in range(6) for at in range(40)]
        file = tmp_path / "plays.csv"
        file.write_text("user,item,plays,time\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        cohort = CohortSpec("c", 3, 1.0, "recorded", 1.0, lambda uniform: uniform, 0)
        given = {"path": file, "core": 1, "negatives": 5, "split": "user", "users": "all", **options}
        return Interactions(fleet_spec(data="interactions", data_options=given, cohorts=(cohort,)))

    return make


WEIGHED = {"columns": {"weight": "plays"}}


def test_the_cloud_learns_from_rows_by_their_weights(task_of: Callable[..., Interactions]) -> None:
    plain = task_of(lambda user, at: 1).history().train
    weighed = task_of(lambda user, at: 3 if user == 2 else 1, **WEIGHED).history().train
    shares = [float((past.concept == 2).double().mean()) for past in (plain, weighed)]
    assert shares == pytest.approx([1 / 6, 3 / 8], abs=0.01)
    assert len(weighed.label) == len(plain.label)
    assert weighed.order is not None
    for user in range(6):
        own = weighed.order[weighed.concept == user]
        assert own.tolist() == list(range(len(own)))


def test_weights_of_one_change_nothing_and_streams_are_never_weighed(task_of: Callable[..., Interactions]) -> None:
    plain, ones = task_of(lambda user, at: 1), task_of(lambda user, at: 1, **WEIGHED)
    assert (plain.history().train.x == ones.history().train.x).all()
    weighed = task_of(lambda user, at: 1 + user, **WEIGHED)
    assert (plain.pool_labels == weighed.pool_labels).all()


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (lambda user, at: -1 if at == 4 else 1, r"plays.csv:6: weight '-1' is below 0"),
        (lambda user, at: "many" if at == 4 else 1, r"plays.csv:6: weight 'many' is no number"),
        (lambda user, at: 0, r"plays.csv: weight: all are 0"),
        (lambda user, at: int(at >= 32), r"weight: all are 0 in the part of the past to learn from"),
    ],
)
def test_weights_that_cannot_be_are_refused_with_their_line(
    task_of: Callable[..., Interactions], weight: Callable[[int, int], Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        task_of(weight, **WEIGHED)
