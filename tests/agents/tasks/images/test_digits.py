from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from agents.contract import DriftSpec, FleetSpec
from agents.drift.image_geometry import rotate
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content
from agents.tasks.images.digits import ANGLES, Digits

SpecMaker = Callable[..., FleetSpec]
QUARTER = DriftSpec("sudden", 100.0, to={"rotate": 90.0})


def draw(task: Digits, place: BlockId, at_s: float, chunk: int = 0, samples: int = 40) -> Content:
    time_s = np.full((place.width, samples), at_s)
    generator = rng(task.seed, Purpose.CONTENT, place.cohort, place.block, chunk)
    return task.draw(Chunk(place, 0, time_s, np.ones(time_s.shape, bool)), generator)


def pixels(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


def test_no_evaluation_image_is_in_the_past(fleet_spec: SpecMaker) -> None:
    task = Digits(fleet_spec())
    history = task.history()
    seen = pixels(task.pool(0))
    for angle in range(0, 360, 90):
        assert not seen & pixels(rotate(history.train.x, float(angle)))
        assert not seen & pixels(rotate(history.validation.x, float(angle)))
    assert not pixels(history.train.x[history.train.concept == 0]) & pixels(history.validation.x)
    assert sum(pool.size for pool in task.pools.values()) == 1797


@pytest.mark.parametrize(("past", "angles"), [("seen", 7), ("between", 8), ("unseen", 6), ("broad", 63)])
def test_the_past_is_long_tailed_and_knows_its_contexts(fleet_spec: SpecMaker, past: str, angles: int) -> None:
    train = Digits(fleet_spec(data_options={"past": past})).history().train
    share = torch.bincount(train.concept) / len(train.x)
    assert len(share) == 1 + angles
    assert share[0].item() == pytest.approx(0.7)
    assert share[1:].min() > 0.7 * 0.3 / angles
    assert share[1:].max() < 1.3 * 0.3 / angles


def test_a_broad_past_leaves_no_angle_out_and_its_splits_have_angles_of_their_own(fleet_spec: SpecMaker) -> None:
    task = Digits(fleet_spec())
    train, validation = (np.sort(task._angles(number)) for number in (0, 1))
    assert np.diff(train, prepend=0.0, append=360.0).max() < 2 * 360.0 / len(train)
    assert not set(train) & set(validation)


def test_drifts_of_shipped_scenarios_are_seen_or_between_or_unseen() -> None:
    for angle in (90.0, 225.0):
        apart = {name: min(abs(angle - one % 360.0) for one in angles) for name, angles in ANGLES.items()}
        assert apart == {"seen": 0.0, "between": 22.5, "unseen": 45.0 if angle == 90.0 else 90.0}


def test_methods_are_tuned_on_images_that_are_not_evaluated(fleet_spec: SpecMaker) -> None:
    tuned, evaluated = (Digits(fleet_spec(data_options={"streams": one})) for one in ("validation", "evaluation"))
    assert not pixels(tuned.pool(0)) & pixels(evaluated.pool(0))
    assert not pixels(tuned.pool(0)) & pixels(tuned.past_under(0).x)
    assert torch.equal(tuned.history().train.x, evaluated.history().train.x)


def test_the_past_does_not_depend_on_the_drift_to_come(fleet_spec: SpecMaker) -> None:
    plain, drifting = Digits(fleet_spec()).history(), Digits(fleet_spec(QUARTER)).history()
    assert torch.equal(plain.train.x, drifting.train.x)
    assert torch.equal(plain.train.label, drifting.train.label)


def test_another_seed_splits_otherwise(fleet_spec: SpecMaker) -> None:
    one, other = Digits(fleet_spec()), Digits(fleet_spec(seed=8))
    assert not torch.equal(one.pool(0), other.pool(0))


def test_the_past_under_a_concept_is_the_concept_of_the_pool(fleet_spec: SpecMaker) -> None:
    task = Digits(fleet_spec(QUARTER))
    upright, turned = task.past_under(0), task.past_under(1)
    assert torch.equal(turned.x, rotate(upright.x, 90.0))
    assert torch.equal(task.pool(1), rotate(task.pool(0), 90.0))
    assert torch.equal(upright.label, turned.label)


def test_a_sample_is_found_again_in_the_pool_of_its_concept(fleet_spec: SpecMaker, place: BlockId) -> None:
    swap = DriftSpec("sudden", 100.0, share=0.5, to={"labels": {"swap": [[3, 5]]}})
    task = Digits(fleet_spec(swap))
    content = draw(task, place, 150.0)
    concept, image = np.divmod(content.ref, task.pool_size)
    assert (concept == content.concept).all()
    assert (task.pool_labels[concept, image] == content.label).all()
    assert set(np.unique(concept)) == {0, 1}
    relabelled = task.pool_labels[0] != task.pool_labels[1]
    assert set(task.pool_labels[0][relabelled]) == {3, 5}


def test_a_line_of_drift_changes_no_image_choice(fleet_spec: SpecMaker, place: BlockId) -> None:
    plain = draw(Digits(fleet_spec()), place, 150.0)
    task = Digits(fleet_spec(QUARTER, DriftSpec("gradual", 120.0, over_s=60.0, to={"noise": 0.2})))
    drifting = draw(task, place, 150.0)
    assert (plain.ref % task.pool_size == drifting.ref % task.pool_size).all()
    assert set(np.unique(drifting.concept)) == {1, 2}


def test_images_come_evenly_or_as_the_prior_says(fleet_spec: SpecMaker, place: BlockId) -> None:
    prior = [0.0, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0]
    task = Digits(fleet_spec(DriftSpec("sudden", 100.0, to={"labels": {"prior": prior}})))
    even = draw(task, place, 50.0, samples=400).ref % task.pool_size
    assert chisquare(np.bincount(even.ravel(), minlength=task.pool_size)).pvalue > 1e-3
    label = np.bincount(draw(task, place, 150.0, samples=400).label.ravel(), minlength=10)
    wanted = np.array(prior) * label.sum()
    assert label[wanted == 0].sum() == 0
    assert chisquare(label[wanted > 0], wanted[wanted > 0]).pvalue > 1e-3


def test_the_past_under_a_prior_has_its_classes(fleet_spec: SpecMaker) -> None:
    prior = [0.5, 0.5] + [0.0] * 8
    past = Digits(fleet_spec(DriftSpec("sudden", 100.0, to={"labels": {"prior": prior}}))).past_under(1)
    assert past.label.unique().tolist() == [0, 1]
    assert past.label.float().mean().item() == pytest.approx(0.5, abs=0.01)


def test_cells_are_pure_and_padding_may_be_looked_up_too(fleet_spec: SpecMaker, place: BlockId) -> None:
    task = Digits(fleet_spec(QUARTER))
    first = draw(task, place, 150.0, chunk=4)
    draw(task, place, 250.0, chunk=5)
    assert (draw(Digits(fleet_spec(QUARTER)), place, 150.0, chunk=4).ref == first.ref).all()
    assert (draw(task, BlockId(1, 0, 256), 150.0, chunk=4).ref != first.ref).any()
    valid = np.zeros((256, 4), bool)
    nothing = task.draw(Chunk(place, 0, np.full((256, 4), np.inf), valid), rng(1, Purpose.CONTENT))
    assert (nothing.ref < task.pool_size).all()


def test_an_unknown_option_is_refused(fleet_spec: SpecMaker) -> None:
    with pytest.raises(ValueError, match="'size'"):
        Digits(fleet_spec(data_options={"size": 3}))
