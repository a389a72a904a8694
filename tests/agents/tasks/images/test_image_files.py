from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from image_writers import cifar_bytes, named, picture, write_idx

from agents.contract import DriftSpec, FleetSpec, InputError
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk
from agents.tasks.formats.image_set import ImageSet, Labelled, image_set
from agents.tasks.image_reading import deal
from agents.tasks.images.image_files import ImageFiles
from agents.tasks.images.looks import BROAD, FIXED, RANGES, looks_of
from agents.tasks.images.task import Images
from agents.tasks.making import make_task

SpecMaker = Callable[..., FleetSpec]
Make = Callable[..., ImageFiles]
SPLITS = ("evaluation", "validation", "train", "held_out")


@pytest.fixture
def make(tmp_path: Path, fleet_spec: SpecMaker) -> Make:
    """Return a maker of tasks over an archive of 200 images, or over one with a test split of 60 more."""

    def build(*drift: DriftSpec, test: bool = False, seed: int = 7, **options: Any) -> ImageFiles:
        own = {"x": picture(200), "y": named(200)}
        apart = {"x_test": picture(60, seed=1), "y_test": named(60)} if test else {}
        np.savez(tmp_path / "set.npz", **own, **apart)
        options = {"path": tmp_path / "set.npz", **options}
        task = make_task(fleet_spec(*drift, data="npz", data_options=options, seed=seed))
        assert isinstance(task, ImageFiles)
        return task

    return build


def pixels(images: torch.Tensor) -> set[bytes]:
    return {image.contiguous().numpy().tobytes() for image in images}


def chunk(place: BlockId, at_s: float, samples: int = 40, index: int = 0) -> Chunk:
    time_s = np.full((place.width, samples), at_s)
    return Chunk(place, index, time_s, np.isfinite(time_s))


def test_splits_share_no_image_and_lose_none(make: Make) -> None:
    task = make()
    parts = [pixels(task.pools[split].images) for split in SPLITS]
    assert [len(part) for part in parts] == [50, 15, 105, 30]
    assert len(set.union(*parts)) == 200


def test_a_test_split_is_what_devices_see(make: Make) -> None:
    task = make(test=True)
    assert pixels(task.pools["evaluation"].images) == pixels(torch.from_numpy(picture(60, seed=1)))
    assert [task.pools[split].size for split in SPLITS] == [60, 20, 140, 40]


def test_amounts_can_be_chosen(make: Make) -> None:
    task = make(evaluation=10, train=100, validation=20, held_out=5)
    assert [task.pools[split].size for split in SPLITS] == [10, 20, 100, 5]
    assert make(test=True, evaluation=7).pool_size == 7


def test_few_images_are_dealt_to_all_splits_or_refused() -> None:
    def images(count: int) -> ImageSet:
        return image_set(Labelled(picture(count), named(count), "few.npz"))

    assert [len(rows) for _, rows in deal(images(4), {}, 7).values()] == [1, 1, 1, 1]
    for count in (2, 3):
        with pytest.raises(InputError, match=f"few.npz: .* are more than the {count - 1} images that devices never"):
            deal(images(count), {}, 7)


@pytest.mark.parametrize(
    ("test", "options", "about", "said"),
    [
        (False, {"evaluation": 201}, "task.data.evaluation", "201 images .*has 200"),
        (True, {"evaluation": 61}, "task.data.evaluation", "61 images .*has 60"),
        (False, {"train": 200}, "task.data", "train 200, validation 15 and held_out 30 are more than the 150"),
        (False, {"evaluation": 200}, "task.data", "more than the 0 images"),
        (False, {"contexts": [{"labels": {"prior": [0.5, 0.5]}}]}, "task.data.contexts", "must be 3 weights"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(
    make: Make, test: bool, options: dict[str, Any], about: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as reported:
        make(test=test, **options)
    assert reported.value.about == about


def test_a_context_that_wants_what_its_split_lacks_is_refused(make: Make) -> None:
    # One image is all that there is to learn from: of two classes it has none.
    alone = [{"labels": {"prior": [float(own == one) for own in range(3)]}} for one in range(3)]
    with pytest.raises(InputError, match=r"labels\.prior wants class \d, of which there are no images") as reported:
        make(contexts=alone, train=1)
    assert reported.value.about == "task.data.contexts"


def test_an_unknown_option_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="npz has no option 'labels'"):
        make(labels="fine")


def test_a_drift_that_does_not_fit_is_blamed_on_the_drift(make: Make) -> None:
    for labels in ({"prior": [0.5, 0.5]}, {"swap": [[0, 3]]}):
        with pytest.raises(InputError) as reported:
            make(DriftSpec("sudden", 1.0, to={"labels": labels}))
        assert reported.value.about == "drift.0"


def test_a_prior_over_a_class_without_images_is_refused(tmp_path: Path, fleet_spec: SpecMaker) -> None:
    np.savez(tmp_path / "set.npz", x=picture(200), y=named(200) + 1)
    spec = fleet_spec(
        DriftSpec("sudden", 1.0, to={"labels": {"prior": [0.2, 0.8, 0.0, 0.0]}}),
        data="npz",
        data_options={"path": tmp_path / "set.npz"},
    )
    with pytest.raises(InputError, match="class 0, of which there are no images"):
        make_task(spec)


def test_the_past_is_long_tailed_and_has_seen_all_contexts(make: Make) -> None:
    history = make(past="seen").history()
    counts = torch.bincount(history.train.concept)
    assert len(counts) == len(FIXED["seen"])
    assert counts[0] == 105
    assert counts[1:].unique().tolist() == [round(0.5 / 6 * 105)]
    assert history.held_out is not None
    assert torch.bincount(history.held_out.concept).tolist() == [30] + [15] * 6
    assert history.for_adapters is history.held_out


def test_a_broad_past_covers_the_range_of_every_transform_at_random_places() -> None:
    looks = looks_of({}, 7)
    assert looks[0] == {}
    assert len(looks) == 1 + BROAD
    for name, (low, high) in RANGES.items():
        strengths = sorted(look[name] for look in looks if name in look)
        assert len(strengths) >= 2
        assert np.diff([low, *strengths, high]).max() <= 2 * (high - low) / len(strengths) + 1e-3
    assert looks_of({}, 7) == looks
    assert looks_of({}, 8) != looks


def test_listed_looks_stand_alone_or_before_those_of_a_named_past() -> None:
    own = [{}, {"rotate": 10.0}]
    assert looks_of({"contexts": own}, 7) == own
    assert looks_of({"contexts": own, "past": "unseen"}, 7) == [*own, *FIXED["unseen"][1:]]


def test_contexts_look_as_they_are_written(make: Make) -> None:
    contexts = [{"contrast": 0.0}, {"labels": {"prior": [0.0, 0.0, 1.0]}}, {"labels": {"swap": [[0, 1]]}}]
    train = make(contexts=contexts).history().train
    flat = train.x[train.concept == 0]
    assert flat.std((1, 2, 3)).max() < 1e-6
    assert train.label[train.concept == 1].unique().tolist() == [2]
    swapped = train.x[train.concept == 2][train.label[train.concept == 2] == 0]
    assert (swapped[:, 0, 2] > 0.9).all(), "what is called 0 there has the bright row of class 1"


def test_pixels_run_from_0_to_1_whatever_the_file_holds(make: Make, tmp_path: Path, fleet_spec: SpecMaker) -> None:
    task = make()
    np.savez(tmp_path / "floats.npz", x=picture(200) / np.float32(255.0), y=named(200))
    floats = make_task(fleet_spec(data="npz", data_options={"path": tmp_path / "floats.npz"}))
    assert isinstance(floats, Images)
    assert torch.equal(task.pool(0), floats.pool(0))
    assert 0.97 < task.pool(0).max() <= 1.0


def test_a_sample_is_found_again_in_the_pool_of_its_concept(make: Make, place: BlockId) -> None:
    task = make(DriftSpec("sudden", 100.0, share=0.5, to={"labels": {"swap": [[0, 2]]}}))
    content = task.draw(chunk(place, 150.0), rng(7, Purpose.CONTENT, 0, 0, 0))
    concept, image = np.divmod(content.ref, task.pool_size)
    assert (concept == content.concept).all()
    assert set(np.unique(concept)) == {0, 1}
    assert (task.pool_labels[concept, image] == content.label).all()
    bright = task.pool(0)[image.ravel()].flatten(2).view(-1, 8, 8).mean(2).argmax(1).numpy() // 2
    expected = np.where(concept.ravel() == 1, 2 - bright, bright)
    assert (expected == content.label.ravel()).all()


def test_the_oracle_learns_from_images_that_the_base_never_saw(make: Make) -> None:
    task = make(DriftSpec("sudden", 1.0, to={"rotate": 90.0}))
    assert task.oracle_stops_early
    assert pixels(task.past_under(0).x) == pixels(task.pools["held_out"].under(task.schedule.concepts[0]))
    assert len(task.past_under(1, "validation").x) == 15
    assert not pixels(task.past_under(1).x) & pixels(task.pool(1))


def test_another_seed_deals_otherwise_and_the_same_one_alike(make: Make) -> None:
    assert torch.equal(make().pool(0), make().pool(0))
    assert not torch.equal(make().pool(0), make(seed=8).pool(0))
    assert torch.equal(make().history().train.x, make().history().train.x)


def test_images_stay_behind_when_a_task_travels(make: Make, place: BlockId) -> None:
    task = make(DriftSpec("sudden", 1.0, to={"noise": 0.1}))
    sent = pickle.dumps(task)
    assert len(sent) < 20_000 < task.pools["train"].images.numel() * 4
    there = pickle.loads(sent)
    mine, theirs = (one.draw(chunk(place, 5.0), rng(7, Purpose.CONTENT, 0, 0, 0)) for one in (task, there))
    assert (mine.ref == theirs.ref).all()
    assert (mine.label == theirs.label).all()


def test_every_format_leads_to_the_same_task(tmp_path: Path, fleet_spec: SpecMaker) -> None:
    grey, colour = picture(80), picture(80, 3, 32)
    write_idx(tmp_path / "idx", "train-", grey[:, 0], named(80), packed=True)
    np.savez(tmp_path / "grey.npz", x=grey, y=named(80))
    (tmp_path / "colour.bin").write_bytes(cifar_bytes(colour, named(80)))
    np.savez(tmp_path / "colour.npz", x=np.moveaxis(colour, 1, 3), y=named(80))

    def pool(kind: str, name: str) -> torch.Tensor:
        task = make_task(fleet_spec(data=kind, data_options={"path": tmp_path / name}))
        assert isinstance(task, Images)
        return task.pool(0)

    assert torch.equal(pool("idx", "idx"), pool("npz", "grey.npz"))
    assert torch.equal(pool("cifar", "colour.bin"), pool("npz", "colour.npz"))
