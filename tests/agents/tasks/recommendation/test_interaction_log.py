from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tasks.recommendation.log import Log, core, make_log, merged
from agents.tasks.recommendation.users import split_in_time, validation_split_s

CLICK = st.tuples(st.integers(0, 7), st.integers(0, 6), st.integers(0, 20))


def log_of(clicks: list[tuple[int, int, int]]) -> Log:
    users, items = sorted({c[0] for c in clicks}), sorted({c[1] for c in clicks})
    columns = np.array([[users.index(u), items.index(i), t] for u, i, t in clicks])
    names = [[f"u{u}" for u in users], [f"i{i}" for i in items]]
    return make_log(columns[:, 0], columns[:, 1], columns[:, 2].astype(float), *names)


def reported(log: Log) -> list[tuple[str, str, float]]:
    rows = zip(log.user.tolist(), log.item.tolist(), log.time_s.tolist(), strict=True)
    return [(log.users[user], log.items[item], time_s) for user, item, time_s in rows]


def core_by_force(clicks: list[tuple[str, str, float]], least: int) -> list[tuple[str, str, float]]:
    while True:
        users, items = Counter(c[0] for c in clicks), Counter(c[1] for c in clicks)
        kept = [c for c in clicks if users[c[0]] >= least and items[c[1]] >= least]
        if len(kept) == len(clicks):
            return kept
        clicks = kept


@settings(deadline=None)
@given(st.lists(CLICK, min_size=1, max_size=80), st.integers(0, 4))
def test_the_core_is_what_is_left_when_the_rare_are_taken_out_again_and_again(
    clicks: list[tuple[int, int, int]], least: int
) -> None:
    log = log_of(clicks)
    expected = core_by_force(reported(log), least)
    if not expected:
        with pytest.raises(ValueError, match=rf"core: {least} leaves nothing of {len(log.users)} users"):
            core(log, least)
        return
    found = core(log, least)
    assert reported(found) == expected
    assert set(found.users) == {c[0] for c in expected}
    assert set(found.items) == {c[1] for c in expected}


@settings(deadline=None)
@given(st.lists(CLICK, min_size=2, max_size=80), st.floats(0.0, 0.99))
def test_a_split_in_time_puts_every_click_on_its_side(clicks: list[tuple[int, int, int]], share: float) -> None:
    log = log_of(clicks)
    if log.time_s[0] == log.time_s[-1]:
        with pytest.raises(ValueError, match=r"leaves no interaction after the split|are at one moment"):
            split_in_time(log, share)
        return
    users = split_in_time(log, share)
    for user in range(len(log.users)):
        known = int(users.known[user])
        assert (users.times_s(user)[:known] <= users.split_s).all()
        assert (users.times_s(user)[known:] > users.split_s).all()
        assert users.clicks(user).tolist() == log.item[log.user == user].tolist()
    assert (np.diff(users.known[users.in_order("all")]) <= 0).all()
    assert set(users.in_order("all")) == set(np.flatnonzero(users.later > 0))


def test_clicks_of_one_moment_stay_in_the_order_of_the_file() -> None:
    log = log_of([(0, 5, 3), (0, 1, 3), (0, 4, 1), (0, 2, 3)])
    assert [item for _, item, _ in reported(log)] == ["i4", "i5", "i1", "i2"]


def test_a_past_without_a_click_and_one_too_short_are_refused() -> None:
    log = log_of([(0, 0, 0), (0, 1, 10), (1, 1, 20)])
    assert split_in_time(log, 0.0).known.tolist() == [1, 0]
    with pytest.raises(ValueError, match="leaves no interaction after"):
        split_in_time(log, 1.0)
    with pytest.raises(ValueError, match="leave nothing to validate on"):
        validation_split_s(split_in_time(log, 0.0), 0.1)


@given(st.lists(CLICK, min_size=1, max_size=60))
def test_the_same_click_twice_counts_once_where_merged(clicks: list[tuple[int, int, int]]) -> None:
    log = log_of(clicks)
    once = list(dict.fromkeys(reported(log)))
    assert reported(merged(log)) == once
    assert reported(merged(log_of(clicks + clicks))) != reported(log_of(clicks + clicks))
    assert sorted(reported(merged(log_of(clicks + clicks)))) == sorted(once)
