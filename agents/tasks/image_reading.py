"""Images from files before any tensor is made of them: read, dealt into splits, and checked against the drift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import FleetSpec, InputError
from agents.contract.errors import error_location
from agents.drift.concepts import Concept, Neutral, read_concept
from agents.drift.schedule import Schedule, make_schedule
from agents.drift.transforms import neutral_of_images
from agents.seeding import Purpose, rng
from agents.tabular.once import read_once
from agents.tasks.formats import ImageSet, Labelled
from agents.tasks.formats.cifar import read_records
from agents.tasks.formats.idx import read_folder
from agents.tasks.formats.image_folder import read_image_folder
from agents.tasks.formats.npz import read_archive
from agents.tasks.images.looks import looks_of

#: What leaves images as they are.
NEUTRAL = neutral_of_images()
#: Images that devices see, that the base learns from, is chosen by, and never sees: at most so many unless asked for.
MOST = {"evaluation": 10_000, "train": 20_000, "validation": 2_000, "held_out": 4_000}
#: What else can be said of images from files.
_OWN = ("past", "contexts", "streams", *MOST)

#: Kind of files -> the options that it alone has, and its reader, called with the path and those that are given.
_READERS: dict[str, tuple[tuple[str, ...], Callable[..., ImageSet]]] = {
    "idx": (("prefix",), read_folder),
    "cifar": (("labels",), read_records),
    "image_folder": (("size", "grey"), read_image_folder),
    "npz": (("x", "y", "x_test", "y_test"), read_archive),
}


@dataclass(frozen=True)
class ImagesRead:
    """What the files hold, and what the scenario makes of it.

    Attributes:
        found: all images and labels.
        rows: name of a split -> where its images are, and which of them it holds; no two splits share one.
        schedule: the drift.
        contexts: how the past looked.
    """

    found: ImageSet
    rows: Mapping[str, tuple[Labelled, np.ndarray]]
    schedule: Schedule
    contexts: Sequence[Concept]

    def labels(self, split: str) -> np.ndarray:
        """Return the labels of a split: int64 [images]."""
        part, rows = self.rows[split]
        return np.asarray(part.labels[rows])


def read_images(spec: FleetSpec) -> ImagesRead:
    """Read the images that ``spec`` names and check everything that can be wrong with them.

    Raises:
        InputError, ValueError: files, amounts, drift or contexts that cannot be used.
    """
    own, read = _READERS[spec.data]
    options = {name: value for name, value in _own_options(spec, spec.data, *own).items() if value is not None}
    path = Path(spec.data_options["path"])
    found = read_once(path, (spec.data, *sorted(options.items())), lambda: read(path, **options))
    rows = deal(found, spec.data_options, spec.seed)
    schedule = image_schedule(spec, found.classes)
    read_all = ImagesRead(found, rows, schedule, ())
    for split in (spec.data_options.get("streams", "evaluation"), "held_out"):
        check_priors(schedule.concepts, read_all.labels(split), found.classes)
    with error_location("task.data.contexts"):
        contexts = [read_concept(one, NEUTRAL, found.classes) for one in looks_of(spec.data_options, spec.seed)]
    for split in ("train", "validation"):
        check_priors(contexts, read_all.labels(split), found.classes, "task.data.contexts")
    return ImagesRead(found, rows, schedule, contexts)


def image_schedule(spec: FleetSpec, classes: int, neutral: Neutral = NEUTRAL) -> Schedule:
    """Compile the drift of a scenario of images; ``neutral`` is what leaves them as they are."""
    with error_location("drift"):
        return make_schedule(spec.drift, spec.cohorts, neutral, classes, spec.seed, spec.duration_s, own_priors=True)


def check_priors(concepts: Sequence[Concept], labels: np.ndarray, classes: int, place: str = "drift") -> None:
    """Refuse a prior that wants what is not there: its share would silently go to other classes.

    Raises:
        InputError: a concept wants a class that ``labels`` lacks.
    """
    there = np.bincount(labels, minlength=classes) > 0
    for concept in concepts:
        wanted = np.asarray(concept.prior or np.zeros(classes)) > 0
        if (wanted & ~there).any():
            missing = int((wanted & ~there).argmax())
            raise InputError(place, f"labels.prior wants class {missing}, of which there are no images")


@dataclass(frozen=True)
class _Amounts:
    """How many images each split takes."""

    evaluation: int
    train: int
    validation: int
    held_out: int

    @classmethod
    def of(cls, options: Mapping[str, Any], images: int, tested: int | None, place: str) -> _Amounts:
        """Decide on all amounts: those that ``options`` give, and for the rest what is there and affordable.

        ``tested`` is the size of the test split, if there is one: then it is what devices see.

        Raises:
            InputError: more images are asked for than there are.
        """
        there = max(images // 4, 1) if tested is None else tested
        evaluation = options.get("evaluation", min(there, MOST["evaluation"]))
        if evaluation > (images if tested is None else tested):
            raise _too_many("evaluation", evaluation, images if tested is None else tested, place)
        rest = images - evaluation if tested is None else images
        validation = options.get("validation", min(max(rest // 10, 1), MOST["validation"]))
        held_out = options.get("held_out", min(max(rest // 5, 1), MOST["held_out"]))
        train = options.get("train", min(max(rest - validation - held_out, 1), MOST["train"]))
        if train + validation + held_out > rest:
            asked = f"train {train:,}, validation {validation:,} and held_out {held_out:,}"
            raise InputError("task.data", f"{place}: {asked} are more than the {rest:,} images that devices never see")
        return cls(evaluation, train, validation, held_out)


def deal(found: ImageSet, options: Mapping[str, Any], seed: int) -> dict[str, tuple[Labelled, np.ndarray]]:
    """Deal images into ``evaluation``, ``validation``, ``train`` and ``held_out``; no two share one.

    Raises:
        InputError: more images are asked for than there are.
    """
    train, test = found.train, found.test
    amounts = _Amounts.of(options, len(train), None if test is None else len(test), train.location)
    order = rng(seed, Purpose.SPLIT).permutation(len(train))
    if test is None:
        shown, order = (train, order[: amounts.evaluation]), order[amounts.evaluation :]
    else:
        shown = test, rng(seed, Purpose.SPLIT, 1).permutation(len(test))[: amounts.evaluation]
    edges = np.cumsum([amounts.validation, amounts.train, amounts.held_out])
    parts = zip(("validation", "train", "held_out"), np.split(order, edges), strict=False)
    return {"evaluation": shown, **{name: (train, rows) for name, rows in parts}}


def _too_many(split: str, asked: int, there: int, place: str) -> InputError:
    return InputError(f"task.data.{split}", f"{asked:,} images are asked for, but {place} has {there:,}")


def _own_options(spec: FleetSpec, kind: str, *known: str) -> dict[str, Any]:
    """Return the options that only this kind of files has.

    Raises:
        ValueError: an option that it does not have.
    """
    own = {name: value for name, value in spec.data_options.items() if name not in ("path", *_OWN)}
    if unknown := sorted(set(own) - set(known)):
        raise ValueError(f"task {kind} has no option {unknown[0]!r}; known are {', '.join((*known, *_OWN))}")
    return own
