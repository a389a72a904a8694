from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agents.contract import CohortSpec, DriftSpec, FleetSpec
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content
from agents.tasks.recommendation.choice_model import ChoiceModel, choose, unit
from agents.tasks.recommendation.synthetic_interactions import SyntheticInteractions

SpecMaker = Callable[..., FleetSpec]
BLOCK = BlockId(0, 0, 256)
SMALL = {"users": 20, "items": 60, "negatives": 19, "clicks": 6}


def make(fleet_spec: SpecMaker, *drift: DriftSpec, **options: Any) -> SyntheticInteractions:
    cohorts = (CohortSpec("users", 256, 5.0, "poisson", 1.0, lambda uniform: uniform),)
    given = {**SMALL, **options}
    return SyntheticInteractions(fleet_spec(*drift, data="synthetic_interactions", data_options=given, cohorts=cohorts))


def at(task: SyntheticInteractions, time_s: np.ndarray, number: int = 0, place: BlockId = BLOCK) -> Content:
    chunk = Chunk(place, number, time_s, np.isfinite(time_s))
    return task.draw(chunk, rng(7, Purpose.CONTENT, 0, 0, number))


def times(at_s: float, samples: int) -> np.ndarray:
    return np.full((256, samples), at_s)


@pytest.mark.parametrize("concept", [{}, {"interest": 1.0}, {"interest": 0.5, "popularity": 1.0}])
def test_the_best_ranking_hits_as_often_as_the_law_says(fleet_spec: SpecMaker, concept: dict[str, float]) -> None:
    task = make(fleet_spec, DriftSpec("sudden", 1.0, to=concept), sharpness=2.0)
    expected = task.best_hit_rate(BLOCK, len(task.concepts) - 1)
    content = at(task, times(50.0, 150))
    hits = content.best == content.label
    # Candidate sets are drawn for each sample; users are those of the law's own sum.
    error = np.sqrt(expected * (1.0 - expected) / hits.size)
    assert hits.mean() == pytest.approx(expected, abs=4.0 * error)
    assert 0.6 < expected < 0.95


def test_no_other_ranking_hits_more_often_than_the_best(fleet_spec: SpecMaker) -> None:
    task = make(fleet_spec)
    content = at(task, times(50.0, 60))
    assert content.x is not None
    shown = content.x[..., task.window :].astype(int) - 1
    for worse in (task.choice_model.popularity[0][shown], -shown, np.zeros(shown.shape)):
        chosen = np.take_along_axis(worse, content.label[..., None].astype(int), 2)
        ahead = (worse > chosen).sum(2) + ((worse == chosen) & (np.arange(20) < content.label[..., None])).sum(2)
        assert (ahead < 10).mean() < (content.best == content.label).mean()


def test_choices_follow_luces_law() -> None:
    likes = np.log(np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 1.0, 1.0, 3.0]])) + np.array([[300.0], [-200.0]])
    chosen = choose(likes, np.random.default_rng(0).random((2, 40_000)))
    for row, odds in zip(chosen, ([1, 2, 3, 4], [5, 1, 1, 3]), strict=True):
        expected = 4000.0 * np.array(odds)
        assert (np.square(np.bincount(row, minlength=4) - expected) / expected).sum() < 16.3
    assert choose(likes, np.array([0.0, 1.0 - 1e-16])).tolist() == [0, 3]


def test_clicks_before_a_sample_were_made_by_the_interest_of_their_time(fleet_spec: SpecMaker) -> None:
    task = make(fleet_spec, DriftSpec("sudden", 500.0, to={"interest": 1.0}), sharpness=12.0)
    for at_s, mine, other in ((499.0, 0, 1), (500.0 + 5.0 * 11, 1, 0)):
        x = at(task, times(at_s, 4)).x
        assert x is not None
        likes = [task.choice_model.likes(task.interests(BLOCK, concept), 0.0) for concept in (0, 1)]
        window = x[:, 0, : task.window].astype(int) - 1
        liked = [np.take_along_axis(one, window, 1).mean() for one in likes]
        assert liked[mine] > liked[other] + 1.0


def test_the_window_moves_on_by_one_click_at_a_time(fleet_spec: SpecMaker) -> None:
    task = make(fleet_spec)
    now, later = (at(task, times(at_s, 1)).x for at_s in (200.0, 205.0))
    assert now is not None
    assert later is not None
    assert (now[:, 0, 1:10] == later[:, 0, 0:9]).all()


def test_any_order_and_any_batch_of_cells_gives_the_same_samples(fleet_spec: SpecMaker) -> None:
    drift = DriftSpec("gradual", 100.0, over_s=300.0, to={"interest": 1.0, "popularity": 0.5})
    generator = np.random.default_rng(4)
    chunks = [np.sort(80.0 * (number + generator.random((256, 9))), axis=1) for number in range(6)]
    chunks[2][:, 5:] = np.inf
    one, two = make(fleet_spec, drift), make(fleet_spec, drift)
    forwards = [at(one, chunk, number) for number, chunk in enumerate(chunks)]
    backwards = [at(two, chunks[number], number) for number in reversed(range(6))][::-1]
    for first, second in zip(forwards, backwards, strict=True):
        assert all((getattr(first, name) == getattr(second, name)).all() for name in ("x", "label", "concept", "best"))
    assert {0, 1} <= set(np.unique([content.concept[:, 4] for content in forwards]).tolist())


def test_padding_is_empty_and_late_cells_cost_no_more(fleet_spec: SpecMaker) -> None:
    task = make(fleet_spec)
    nothing = at(task, np.full((256, 2), np.inf))
    assert nothing.x is not None
    assert not nothing.x.any()
    assert not nothing.label.any()
    late = np.full((256, 3), np.inf)
    late[::2, 0] = 1e8
    x = at(task, late).x
    assert x is not None
    assert x[0, 0].all()
    assert not x[1].any()


def test_the_past_is_made_of_streams_and_none_of_its_users_is_a_device(fleet_spec: SpecMaker) -> None:
    task = make(fleet_spec)
    history = task.history()
    assert len(history.train.x) == 20 * 6
    assert history.train.order is not None
    assert history.train.order.tolist() == list(range(6)) * 20
    assert history.train.x.shape[1] == task.window + 5
    assert int(history.train.x.min()) >= 1
    assert int(history.train.x.max()) <= 60
    popular = make(fleet_spec, DriftSpec("sudden", 1.0, to={"popularity": 1.0}), users=2000).past_under(1)
    choice_model = make(fleet_spec, users=2000).choice_model
    clicked = popular.x.gather(1, task.window + popular.label[:, None])[:, 0].numpy() - 1
    counts = np.bincount(clicked, minlength=60)
    assert (
        np.corrcoef(counts, choice_model.popularity[1])[0, 1]
        > np.corrcoef(counts, choice_model.popularity[0])[0, 1] + 0.3
    )


def test_shelves_hold_different_items_in_no_order() -> None:
    choice_model = ChoiceModel.draw(60, 20, 4.0, 1)
    assert all(len(set(shelf)) == 20 for shelf in choice_model.item_groups.tolist())
    counts = np.bincount(choice_model.item_groups[:, 0], minlength=60)
    assert (np.square(counts - 4096 / 60) / (4096 / 60)).sum() < 100.0
    assert np.allclose(np.linalg.norm(choice_model.items, axis=1), 1.0)
    assert unit(np.array([[3.0, 4.0]])).tolist() == [[0.6, 0.8]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"items": 19}, "items: 19 leave no 19 beside"),
        ({"negatives": 3}, "negatives=3 must be at least 4"),
        ({"clicks": 1}, "clicks=1 must be at least 2"),
        ({"colour": 1}, "no option 'colour'"),
    ],
)
def test_options_that_make_no_market_are_refused(fleet_spec: SpecMaker, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make(fleet_spec, **options)
