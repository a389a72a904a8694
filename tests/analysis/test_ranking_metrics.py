from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, ndcg_score, roc_auc_score

from analysis import ranking

ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([-1.5, -0.5, 0.0, 0.5, 2.0]), st.integers(0, 1)),
    min_size=1,
    max_size=60,
)


def columns(rows: list[tuple[int, float, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    group, score, label = zip(*rows, strict=True)
    return np.array(group), np.array(score), np.array(label)


@settings(deadline=None)
@given(ROWS)
def test_areas_are_those_of_scikit_learn_ties_and_scattered_groups_included(rows: list[tuple[int, float, int]]) -> None:
    group, score, label = columns(rows)
    if len(set(label.tolist())) == 2:
        assert ranking.auc(score, label) == pytest.approx(roc_auc_score(label, score))
    else:
        assert np.isnan(ranking.auc(score, label))
    own = [group == one for one in np.unique(group)]
    known = [roc_auc_score(label[rows], score[rows]) for rows in own if len(set(label[rows].tolist())) == 2]
    expected = np.mean(known) if known else np.nan
    assert ranking.uauc(group, score, label) == pytest.approx(expected, nan_ok=True)


@settings(deadline=None)
@given(ROWS)
def test_losses_are_those_of_scikit_learn(rows: list[tuple[int, float, int]]) -> None:
    _, score, label = columns(rows)
    expected = log_loss(label, 1.0 / (1.0 + np.exp(-score)), labels=[0, 1])
    assert ranking.log_loss(score, label) == pytest.approx(expected)


def test_gains_are_those_of_scikit_learn() -> None:
    chance = np.random.default_rng(0)
    score, label = chance.standard_normal((50, 20)), (chance.random((50, 20)) < 0.15).astype(int)
    group = np.repeat(np.arange(50), 20)
    clicked = label.any(1)
    for k in (5, 10, 20):
        expected = ndcg_score(label[clicked], score[clicked], k=k, ignore_ties=True)
        assert ranking.ndcg(group, score.ravel(), label.ravel(), k) == pytest.approx(expected)
    order = chance.permutation(1000)
    scattered = group[order], score.ravel()[order], label.ravel()[order]
    assert ranking.ndcg(*scattered, 10) == pytest.approx(ranking.ndcg(group, score.ravel(), label.ravel(), 10))


def test_three_lists_counted_by_hand() -> None:
    group = [1, 1, 1, 2, 2, 2, 3, 3, 3]
    score = [3.0, 2.0, 1.0, 3.0, 2.0, 1.0, 3.0, 2.0, 1.0]
    label = [0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert ranking.hit_rate(group, score, label, 1) == 0.0
    assert ranking.hit_rate(group, score, label, 2) == 0.5
    assert ranking.hit_rate(group, score, label, 3) == 1.0
    assert ranking.ndcg(group, score, label, 3) == pytest.approx((1 / np.log2(3) + 0.5) / 2)
    assert ranking.reciprocal_rank(group, score, label) == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert ranking.uauc(group, score, label) == pytest.approx((0.5 + 0.0) / 2)


def test_a_list_without_any_click_and_no_list_at_all_tell_nothing() -> None:
    assert np.isnan(ranking.ndcg([1, 1], [0.5, 0.2], [0, 0], 5))
    assert np.isnan(ranking.reciprocal_rank([1], [0.5], [0]))
