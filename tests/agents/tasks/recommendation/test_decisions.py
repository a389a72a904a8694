from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tasks.recommendation.decisions import (
    SHOWN,
    Decisions,
    check_learnt,
    check_negatives,
    decide,
    narrow,
    narrowed,
    stack,
    windows,
)

CLICKS = st.lists(st.integers(0, 39), min_size=1, max_size=30).map(lambda items: np.array(items, np.int32))


@settings(deadline=None)
@given(CLICKS, st.integers(1, 8))
def test_a_window_holds_the_latest_clicks_before_and_never_the_click_itself(clicks: np.ndarray, length: int) -> None:
    found = windows(clicks, np.arange(len(clicks)), length)
    for row, window in enumerate(found):
        before = (clicks[max(0, row - length) : row] + 1).tolist()
        assert window.tolist() == before + [0] * (length - len(before))


@settings(deadline=None)
@given(CLICKS, st.integers(0, 29), st.integers(0, 99))
def test_negatives_were_never_clicked_before_and_are_all_different(clicks: np.ndarray, first: int, seed: int) -> None:
    decided = decide(clicks, slice(first, None), 60, 10, 20, seed, (3, 0))
    assert len(decided) == len(clicks[first:])
    for row, candidates, label in zip(range(first, len(clicks)), decided.candidates, decided.label, strict=True):
        assert candidates[label] == clicks[row] + 1
        others = np.delete(candidates, label)
        assert len(set(others)) == 20
        assert not set(others - 1) & set(clicks[: row + 1].tolist())
        assert others.min() >= 1
        assert others.max() <= 60


def test_negatives_are_uniform_and_places_too() -> None:
    decided = decide(np.arange(10, dtype=np.int32), slice(5, None), 30, 10, 5, 1, (0, 0))
    many = stack([decide(np.zeros(1, np.int32), slice(0, 1), 30, 1, 5, 1, (user, 0)) for user in range(4000)])
    assert decided.candidates.shape == (5, 6)
    counts = np.bincount(many.candidates[many.candidates > 1], minlength=31)[2:]
    assert counts.sum() == 20_000
    expected = 20_000 / 29
    # The negatives of a list exclude each other, so that chi-square is a little too strict.
    assert (np.square(counts - expected) / expected).sum() < 60.0
    places = np.bincount(many.label, minlength=6)
    assert (np.square(places - 4000 / 6) / (4000 / 6)).sum() < 20.5


def test_another_user_or_use_or_seed_has_other_negatives_and_the_same_has_the_same() -> None:
    clicks = np.arange(8, dtype=np.int32)

    def candidates(seed: int, user: int, use: int) -> list[list[int]]:
        return decide(clicks, slice(4, None), 500, 10, 20, seed, (user, use)).candidates.tolist()

    assert candidates(1, 2, 0) == candidates(1, 2, 0)
    assert len({str(candidates(*key)) for key in ((1, 2, 0), (2, 2, 0), (1, 3, 0), (1, 2, 1))}) == 4


def test_too_few_items_for_the_negatives_are_told() -> None:
    clicks = np.array([0, 1, 2, 1, 3], np.int32)
    assert decide(clicks, slice(None), 10, 5, 6, 0, (0, 0)).candidates.shape == (5, 7)
    with pytest.raises(ValueError, match="negatives: 7 cannot be sampled: of 10 items a user has clicked 4"):
        decide(clicks, slice(None), 10, 5, 7, 0, (0, 0))


@pytest.mark.parametrize(("clicked", "said"), [(4, "clicked 4; write 6, or all$"), (8, "clicked 8; write all$")])
def test_the_remedy_for_too_many_negatives_can_be_written(clicked: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_negatives(clicked, 10, 7)


def test_the_cloud_needs_items_to_learn_among() -> None:
    check_learnt(6, 10)
    with pytest.raises(ValueError, match=r"learns among 4 items .* clicked 7 in the past; write a smaller 'history'"):
        check_learnt(7, 10)


def test_narrowing_keeps_the_clicked_one_and_the_first_others() -> None:
    candidates = np.arange(1, 21).reshape(1, 20).repeat(20, 0)
    kept, place = narrow(candidates, np.arange(20))
    for label in range(20):
        assert kept[label, place[label]] == label + 1
        assert np.delete(kept[label], place[label]).tolist() == [n for n in range(1, 7) if n != label + 1][: SHOWN - 1]


def test_stacked_decisions_follow_each_other() -> None:
    one = Decisions(np.zeros((2, 3), np.int32), np.ones((2, 5), np.int32), np.array([1, 2], np.int16))
    assert stack([one, one]).label.tolist() == [1, 2, 1, 2]


def test_a_full_list_holds_every_item_once_with_the_clicked_one_at_a_random_place() -> None:
    clicks, items = np.array([3, 11, 7, 3, 0, 11], np.int32), 12
    decided = decide(clicks, slice(1, None), items, 4, None, 5, (2, 0))
    listed = decided.candidates_of(np.arange(5))
    assert (np.sort(listed, 1) == np.arange(1, items + 1)).all()
    assert (listed[np.arange(5), decided.label] == clicks[1:] + 1).all()
    many = stack([decide(np.zeros(1, np.int32), slice(0, 1), items, 4, None, 1, (user, 0)) for user in range(3000)])
    places = np.bincount(many.label, minlength=items)
    assert ((places - 250) ** 2 / 250).sum() < 31.3, "chi-square with 11 degrees of freedom, one in a thousand"
    few = narrowed(many)
    assert few.candidates.shape == (3000, SHOWN)
    assert (few.candidates[np.arange(3000), few.label] == 1).all()
