"""Bayes accuracy and the first world's rule, in closed form and by simulation, for every law of nature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pytest
from scipy.stats import binomtest

from agents.contract import DriftSpec, FleetSpec, InputError
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content
from agents.tasks.making import make_task
from agents.tasks.synthetic.gaussians import Gaussians
from agents.tasks.synthetic.hyperplane import Hyperplane
from agents.tasks.synthetic.sea import THRESHOLDS, Sea, below

SpecMaker = Callable[..., FleetSpec]
Rule = Callable[[np.ndarray], np.ndarray]
SAMPLES = 800


class SyntheticGenerator(Protocol):
    """What all generators have in common."""

    def bayes_accuracy(self, at_s: float, concept: int = 0) -> float: ...
    def static_accuracy(self, at_s: float, concept: int = 0) -> float: ...
    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content: ...


def draw(task: SyntheticGenerator, place: BlockId, at_s: float, number: int = 0) -> Content:
    time_s = np.full((place.width, SAMPLES), at_s)
    chunk = Chunk(place, number, time_s, np.ones(time_s.shape, bool))
    return task.draw(chunk, rng(3, Purpose.CONTENT, number, int(at_s)))


def fits(hits: np.ndarray, accuracy: float) -> bool:
    """Return whether hits fit an accuracy: inside the exact binomial interval of 99.99 %."""
    interval = binomtest(int(hits.sum()), hits.size).proportion_ci(0.9999)
    return bool(interval.low - 1e-12 <= accuracy <= interval.high + 1e-12)


def sea_rule(x: np.ndarray) -> np.ndarray:
    raw = 5.0 + x * 10.0 / np.sqrt(12.0)
    return (raw[..., 0] + raw[..., 1] <= THRESHOLDS[0]).astype(int)


def plane_rule(x: np.ndarray) -> np.ndarray:
    return (x[..., 0] > 0).astype(int)


SWAP = {"labels": {"swap": [[0, 1]]}}
SEA_DRIFT = (
    DriftSpec("sudden", 100.0, to={"threshold": THRESHOLDS[1]}),
    DriftSpec("sudden", 200.0, to={"threshold": THRESHOLDS[2]}),
    DriftSpec("sudden", 300.0, to={"threshold": THRESHOLDS[3], **SWAP}),
    DriftSpec("incremental", 400.0, over_s=100.0, to={"threshold": 14.0}),
)
PLANE_DRIFT = (
    DriftSpec("sudden", 100.0, to={"boundary": 50.0}),
    DriftSpec("sudden", 200.0, to={"boundary": -200.0, **SWAP}),
)


@pytest.mark.parametrize("at_s", [50.0, 150.0, 250.0, 350.0, 450.0, 550.0])
@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_sea_meets_its_closed_forms(fleet_spec: SpecMaker, place: BlockId, noise: float, at_s: float) -> None:
    drift = SEA_DRIFT[:3] if at_s < 400 else (SEA_DRIFT[3],)
    task = Sea(fleet_spec(*drift, data="sea", data_options={"noise": noise}))
    assert_law(task, place, at_s, sea_rule)


@pytest.mark.parametrize("at_s", [50.0, 150.0, 250.0])
@pytest.mark.parametrize("options", [{}, {"dimensions": 2, "noise": 0.0, "rotate": -0.7}, {"noise": 0.4}])
def test_hyperplane_meets_its_closed_forms(
    fleet_spec: SpecMaker, place: BlockId, options: dict[str, Any], at_s: float
) -> None:
    task = Hyperplane(fleet_spec(*PLANE_DRIFT, data="hyperplane", data_options=options))
    assert_law(task, place, at_s, plane_rule)


def assert_law(task: SyntheticGenerator, place: BlockId, at_s: float, rule: Rule) -> None:
    content = draw(task, place, at_s)
    concept = int(content.concept[0, 0])
    assert (content.concept == concept).all()
    assert content.x is not None
    assert content.best is not None
    assert fits(content.best == content.label, task.bayes_accuracy(at_s, concept))
    assert fits(rule(content.x) == content.label, task.static_accuracy(at_s, concept))


def test_sea_thresholds_are_areas() -> None:
    assert [below(t) for t in (0.0, 8.0, 10.0, 20.0, 25.0, -1.0)] == pytest.approx([0, 0.32, 0.5, 1, 1, 0])
    pairs = rng(1, Purpose.CONTENT).random((400_000, 2)) * 10
    for threshold in (*THRESHOLDS, 13.0):
        assert fits(pairs.sum(1) <= threshold, below(threshold))


@pytest.mark.parametrize("together", [False, True])
def test_each_walking_device_meets_its_closed_form(fleet_spec: SpecMaker, together: bool) -> None:
    walk = {"every": 10.0, "rotate": 8.0, "shift": 0.2, "together": together}
    options = {"classes": 3, "dimensions": 4, "distance": 2.2, "walk": walk}
    task = Gaussians(fleet_spec(data="gaussians", data_options=options))
    place = BlockId(0, 0, 256)
    start = task.class_means(0.0).means()
    contents = [draw(task, place, 305.0, number) for number in range(12)]
    names = ("x", "label", "best")
    for row in (0, 5, 200):
        x, label, best = (np.concatenate([getattr(one, name)[row] for one in contents]) for name in names)
        static = np.square(x[..., None, :2] - start).sum(-1).argmin(-1)
        assert fits(best == label, task.bayes_accuracy(305.0, 0, place, row)), row
        assert fits(static == label, task.static_accuracy(305.0, 0, place, row)), row


def test_walks_are_each_devices_own_or_one_for_all(fleet_spec: SpecMaker) -> None:
    def angles(together: bool, at_s: float) -> list[float]:
        walk = {"every": 10.0, "rotate": 8.0, "together": together}
        task = Gaussians(fleet_spec(data="gaussians", data_options={"walk": walk}))
        places = [(BlockId(cohort, 0, 256), row) for cohort in (0, 1) for row in range(100)]
        return [task.class_means(at_s, 0, *one).angle for one in places]

    assert angles(False, 10.0) == [0.0] * 200, "the first step is in force strictly after its time"
    assert len(set(angles(False, 10.1))) == 200
    assert len(set(angles(True, 10.1))) == 1
    spread_deg = np.rad2deg(np.std(angles(False, 995.0)))
    assert spread_deg == pytest.approx(8.0 * np.sqrt(99), rel=0.2)


@pytest.mark.parametrize("walk", [{"every": 5.0, "rotate": 4.0}, {"every": 5.0, "rotate": 4.0, "together": True}])
def test_a_walking_plane_meets_its_closed_form(fleet_spec: SpecMaker, walk: dict[str, Any]) -> None:
    task = Hyperplane(fleet_spec(data="hyperplane", data_options={"walk": walk, "rotate": 0.05}))
    place = BlockId(1, 0, 256)
    contents = [draw(task, place, 402.0, number) for number in range(12)]
    for row in (3, 77):
        x, label = (np.concatenate([getattr(one, name)[row] for one in contents]) for name in ("x", "label"))
        assert fits(plane_rule(x) == label, task.static_accuracy(402.0, 0, place, row))


PRIORS = {"labels": {"prior": [0.6, 0.3, 0.1, 0.0]}, "noise": 0.6}


@pytest.mark.parametrize("at_s", [50.0, 150.0])
def test_many_classes_with_a_prior_meet_their_closed_forms(fleet_spec: SpecMaker, place: BlockId, at_s: float) -> None:
    drift = DriftSpec("sudden", 100.0, to={**PRIORS, "rotate": 25.0, "shift": 0.4})
    task = Gaussians(fleet_spec(drift, data="gaussians", data_options={"classes": 4, "distance": 1.6}))
    start = task.class_means(0.0).means()
    assert_law(task, place, at_s, lambda x: np.square(x[..., None, :2] - start).sum(-1).argmin(-1))


def test_devices_with_priors_of_their_own_meet_their_closed_forms(fleet_spec: SpecMaker, place: BlockId) -> None:
    drift = DriftSpec("sudden", 100.0, to={"labels": {"dirichlet": 0.5}})
    task = Gaussians(fleet_spec(drift, data="gaussians", data_options={"classes": 3, "distance": 1.6}))
    contents = [draw(task, place, 150.0, number) for number in range(8)]
    start, accuracies = task.class_means(0.0).means(), []
    for row in (0, 9, 100):
        x, label, best = (
            np.concatenate([getattr(one, name)[row] for one in contents]) for name in ("x", "label", "best")
        )
        accuracies.append(task.bayes_accuracy(150.0, 1, place, row))
        assert fits(best == label, accuracies[-1])
        static = np.square(x[..., None, :2] - start).sum(-1).argmin(-1)
        assert fits(static == label, task.static_accuracy(150.0, 1, place, row))
    assert len(set(accuracies)) == 3


@pytest.mark.parametrize("name", ["sea", "hyperplane"])
def test_no_rule_of_the_past_beats_the_best(fleet_spec: SpecMaker, name: str) -> None:
    drift = {"sea": SEA_DRIFT[:3], "hyperplane": PLANE_DRIFT}[name]
    task: Any = make_task(fleet_spec(*drift, data=name))
    for concept in range(len(task.concepts)):
        assert task.static_accuracy(123.0, concept) <= task.bayes_accuracy(123.0, concept) + 1e-12
    assert task.static_accuracy(0.0) == pytest.approx(task.bayes_accuracy(0.0))


@pytest.mark.parametrize("name", ["sea", "hyperplane", "gaussians"])
def test_cells_of_a_law_are_pure_and_padding_is_zero(fleet_spec: SpecMaker, place: BlockId, name: str) -> None:
    task: Any = make_task(fleet_spec(data=name))
    first, again = draw(task, place, 50.0), draw(task, place, 50.0)
    assert first.x is not None
    assert (first.x == again.x).all()
    time_s = np.full((256, 4), np.inf)
    nothing = task.draw(Chunk(place, 0, time_s, np.zeros((256, 4), bool)), rng(1, Purpose.CONTENT))
    assert not nothing.x.any()
    assert not nothing.label.any()


@pytest.mark.parametrize("name", ["sea", "hyperplane"])
def test_the_past_is_the_first_world(fleet_spec: SpecMaker, name: str) -> None:
    drift = {"sea": SEA_DRIFT[:3], "hyperplane": PLANE_DRIFT}[name]
    task: Any = make_task(fleet_spec(*drift, data=name))
    rule = {"sea": sea_rule, "hyperplane": plane_rule}[name]
    for past, concept in ((task.history().train, 0), (task.history().validation, 0), (task.past_under(2), 2)):
        hits = rule(past.x.numpy().astype(float)) == past.label.numpy()
        assert fits(hits, task.static_accuracy(0.0, concept))


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("sea", {"noise": 0.5}, "leave nothing to learn"),
        ("sea", {"thresholds": []}, "'thresholds'"),
        ("hyperplane", {"dimensions": 1}, "dimensions=1"),
        ("hyperplane", {"walk": {"every": 1.0, "shift": 1.0}}, "walk has no option 'shift'"),
        ("hyperplane", {"walk": {"rotate": 1.0}}, "every is missing"),
        ("gaussians", {"walk": {"each": 1.0}}, "'each'"),
    ],
)
def test_bad_options_of_a_law_are_refused(fleet_spec: SpecMaker, name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make_task(fleet_spec(data=name, data_options=options))


@pytest.mark.parametrize("name", ["sea", "hyperplane"])
def test_where_features_decide_there_is_no_prior(fleet_spec: SpecMaker, name: str) -> None:
    drift = DriftSpec("sudden", 1.0, to={"labels": {"prior": [0.9, 0.1]}})
    with pytest.raises(InputError, match="features decide the class"):
        make_task(fleet_spec(drift, data=name))
