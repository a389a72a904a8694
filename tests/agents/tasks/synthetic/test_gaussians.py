from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from agents.contract import DriftSpec, FleetSpec
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content
from agents.tasks.synthetic.gaussians import Gaussians

SpecMaker = Callable[..., FleetSpec]
DRIFT = (
    DriftSpec("sudden", 100.0, to={"rotate": 70.0, "noise": 0.5}),
    DriftSpec("sudden", 200.0, to={"labels": {"swap": [[0, 1]]}, "shift": 0.7}),
)
PRIOR = DriftSpec("sudden", 100.0, to={"rotate": 20.0, "labels": {"prior": [0.8, 0.2]}})
SAMPLES = 800


def draw(task: Gaussians, place: BlockId, at_s: float) -> Content:
    time_s = np.full((place.width, SAMPLES), at_s)
    return task.draw(Chunk(place, 0, time_s, np.ones(time_s.shape, bool)), rng(3, Purpose.CONTENT, int(at_s)))


def static_prediction(task: Gaussians, x: np.ndarray) -> np.ndarray:
    """Predict with the nearest mean of the first world: the best rule there, by its definition."""
    away = x[..., None, :2] - task.class_means(0.0).means()
    return np.square(away).sum(-1).argmin(-1)


def within(hits: np.ndarray, accuracy: float) -> bool:
    """Return whether a share of hits fits an accuracy: four standard errors."""
    return abs(hits.mean() - accuracy) < 4 * np.sqrt(accuracy * (1 - accuracy) / hits.size) + 1e-9


@pytest.mark.parametrize(
    ("drift", "options"),
    [
        (DRIFT, {"classes": 2, "distance": 2.5}),
        (
            DRIFT,
            {"classes": 5, "dimensions": 3, "distance": 2.0, "rotate": 0.3, "shift": 0.002},
        ),
        ((PRIOR,), {"classes": 2, "distance": 1.5, "rotate": 0.1}),
    ],
)
@pytest.mark.parametrize("at_s", [50.0, 150.0, 250.0])
def test_simulation_meets_the_closed_forms(
    fleet_spec: SpecMaker, place: BlockId, drift: tuple[DriftSpec, ...], options: dict[str, Any], at_s: float
) -> None:
    task = Gaussians(fleet_spec(*drift, data="gaussians", data_options=options))
    content = draw(task, place, at_s)
    concept = int(content.concept[0, 0])
    assert concept == min(int(at_s // 100), len(drift))
    assert content.x is not None
    assert within(content.best == content.label, task.bayes_accuracy(at_s, concept))
    assert within(static_prediction(task, content.x) == content.label, task.static_accuracy(at_s, concept))


def test_two_classes_follow_the_normal_tail(fleet_spec: SpecMaker) -> None:
    task = Gaussians(fleet_spec(data="gaussians", data_options={"distance": 2.0, "shift": 0.01}))
    assert task.bayes_accuracy(500.0) == pytest.approx(norm.cdf(1.0), abs=1e-12)
    moved = (norm.cdf(1.0 - 0.3) + norm.cdf(1.0 + 0.3)) / 2
    assert task.static_accuracy(30.0) == pytest.approx(moved, abs=1e-12)


def test_no_rule_beats_bayes(fleet_spec: SpecMaker) -> None:
    options = {"classes": 4, "distance": 1.7, "rotate": 1.0, "shift": 0.01}
    task = Gaussians(fleet_spec(*DRIFT, data="gaussians", data_options=options))
    for at_s in np.linspace(0.0, 400.0, 41):
        for concept in range(3):
            assert task.static_accuracy(at_s, concept) <= task.bayes_accuracy(at_s, concept) + 1e-12
    assert task.static_accuracy(0.0) == pytest.approx(task.bayes_accuracy(0.0), abs=1e-12)
    assert task.static_accuracy(360.0) < task.bayes_accuracy(360.0)


def test_a_full_turn_brings_the_world_back(fleet_spec: SpecMaker) -> None:
    task = Gaussians(fleet_spec(data="gaussians", data_options={"rotate": 0.5}))
    assert task.static_accuracy(720.0) == pytest.approx(task.static_accuracy(0.0))
    assert task.static_accuracy(360.0) == pytest.approx(1.0 - task.bayes_accuracy(0.0))


def test_cells_are_pure_and_padding_is_zero(fleet_spec: SpecMaker, place: BlockId) -> None:
    task = Gaussians(fleet_spec(data="gaussians"))
    first, again = draw(task, place, 50.0), draw(task, place, 50.0)
    assert first.x is not None
    assert again.x is not None
    assert (first.x == again.x).all()
    time_s = np.full((256, 4), np.inf)
    nothing = task.draw(Chunk(place, 0, time_s, np.zeros((256, 4), bool)), rng(1, Purpose.CONTENT))
    assert nothing.x is not None
    assert nothing.x.shape == (256, 4, 2)
    assert not nothing.x.any()


def test_the_past_is_the_first_world_and_asks_for_the_best_rule(fleet_spec: SpecMaker) -> None:
    task = Gaussians(fleet_spec(*DRIFT, data="gaussians", data_options={"distance": 2.5}))
    past = task.history().train
    assert past.x.shape == (20_000, 2)
    hits = static_prediction(task, past.x.numpy()) == past.label.numpy()
    assert within(hits, task.bayes_accuracy(0.0))
    swapped = task.past_under(2)
    assert swapped.x[swapped.label == 1].mean(0)[0] > swapped.x[swapped.label == 0].mean(0)[0]
    assert past.x[past.label == 1].mean(0)[0] < past.x[past.label == 0].mean(0)[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"sides": 3}, "'sides'"), ({"classes": 1}, "classes=1"), ({"distance": 0.0}, "distance=0")],
)
def test_bad_options_are_refused(fleet_spec: SpecMaker, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Gaussians(fleet_spec(data="gaussians", data_options=options))


def test_the_past_may_have_seen_several_worlds(fleet_spec: SpecMaker) -> None:
    options = {"distance": 6.0, "past": {"contexts": 3, "rotate": 90.0, "shift": 4.0}, "history": 6_000}
    task = Gaussians(fleet_spec(data="gaussians", data_options=options))
    past = task.history().train
    assert np.bincount(past.concept.numpy()).tolist() == [2_000] * 3
    first = [past.x[(past.concept == context) & (past.label == 0)].mean(0).numpy() for context in range(3)]
    assert np.allclose(first, [[-4.0, -3.0], [3.0, 0.0], [4.0, 3.0]], atol=0.2)
    assert np.allclose(task.past_under(0).x.mean(0), 0.0, atol=0.2), "the oracle's past is the original world"


@pytest.mark.parametrize(("past", "said"), [({"contexts": 0}, "contexts=0"), ({"worlds": 3}, "'worlds'")])
def test_a_past_that_cannot_be_is_refused(fleet_spec: SpecMaker, past: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Gaussians(fleet_spec(data="gaussians", data_options={"past": past}))
