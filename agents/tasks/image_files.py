"""Images from files (the MNIST family, CIFAR's records, NumPy archives), dealt into splits that share none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.blame import about
from agents.contract import FleetSpec, InputError
from agents.seeding import Purpose, rng
from agents.tasks.base import History
from agents.tasks.concepts import read_concept
from agents.tasks.formats import ImageSet, Labelled
from agents.tasks.formats.cifar import read_records
from agents.tasks.formats.idx import read_folder
from agents.tasks.formats.npz import read_archive
from agents.tasks.images import Images
from agents.tasks.looks import CONTEXTS, long_tail, past_of
from agents.tasks.transforms import NEUTRAL

#: Images that devices see, that the base learns from, is chosen by, and never sees: at most so many unless asked for.
MOST = {"evaluation": 10_000, "train": 20_000, "validation": 2_000, "held_out": 4_000}
#: What else can be said of images from files.
_OWN = ("contexts", *MOST)


class ImageFiles(Images):
    """Images that a reader of files has found, as splits of a task."""

    oracle_stops_early = True

    def __init__(self, spec: FleetSpec, found: ImageSet) -> None:
        options = spec.data_options
        super().__init__(spec, deal(found, options, spec.seed), found.classes)
        with about("task.data.contexts"):
            raw = options.get("contexts", CONTEXTS)
            self.contexts = [read_concept(one, NEUTRAL, found.classes) for one in raw]

    def history(self) -> History:
        """Return the past in all contexts: each image once in the first, and the others a long tail.

        For adapters, which learn what makes contexts differ, each of the others holds half as many rows.
        """
        tail = long_tail(len(self.contexts))
        rarer = {"train": tail, "validation": tail, "held_out": 0.5}
        return History(
            *(
                past_of(self.pools[split], self.contexts, share, rng(self.seed, Purpose.HISTORY, number))
                for number, (split, share) in enumerate(rarer.items())
            )
        )


class Idx(ImageFiles):
    """A folder of the MNIST family; option ``prefix`` picks one of several sets."""

    def __init__(self, spec: FleetSpec) -> None:
        own = _own_options(spec, "idx", "prefix")
        super().__init__(spec, read_folder(_path(spec), own.get("prefix")))


class Cifar(ImageFiles):
    """CIFAR-10 or CIFAR-100 records; option ``labels`` is ``fine`` or ``coarse``."""

    def __init__(self, spec: FleetSpec) -> None:
        own = _own_options(spec, "cifar", "labels")
        super().__init__(spec, read_records(_path(spec), own.get("labels", "fine")))


class Npz(ImageFiles):
    """A NumPy archive."""

    def __init__(self, spec: FleetSpec) -> None:
        _own_options(spec, "npz")
        super().__init__(spec, read_archive(_path(spec)))


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
        there = images // 4 if tested is None else tested
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


def deal(found: ImageSet, options: Mapping[str, Any], seed: int) -> dict[str, tuple[torch.Tensor, np.ndarray]]:
    """Deal images into ``evaluation``, ``validation``, ``train`` and ``held_out``; no two share one.

    Raises:
        InputError: more images are asked for than there are.
    """
    train, test = found.train, found.test
    amounts = _Amounts.of(options, len(train), None if test is None else len(test), train.place)
    order = rng(seed, Purpose.SPLIT).permutation(len(train))
    if test is None:
        shown, order = _picked(train, order[: amounts.evaluation]), order[amounts.evaluation :]
    else:
        shown = _picked(test, rng(seed, Purpose.SPLIT, 1).permutation(len(test))[: amounts.evaluation])
    edges = np.cumsum([amounts.validation, amounts.train, amounts.held_out])
    parts = zip(("validation", "train", "held_out"), np.split(order, edges), strict=False)
    return {"evaluation": shown, **{name: _picked(train, rows) for name, rows in parts}}


def _picked(part: Labelled, rows: np.ndarray) -> tuple[torch.Tensor, np.ndarray]:
    return torch.from_numpy(np.ascontiguousarray(part.images[rows])), part.labels[rows].astype(np.int16)


def _too_many(split: str, asked: int, there: int, place: str) -> InputError:
    return InputError(f"task.data.{split}", f"{asked:,} images are asked for, but {place} has {there:,}")


def _path(spec: FleetSpec) -> Path:
    return Path(spec.data_options["path"])


def _own_options(spec: FleetSpec, kind: str, *known: str) -> dict[str, Any]:
    """Return the options that only this kind of files has.

    Raises:
        ValueError: an option that it does not have.
    """
    own = {name: value for name, value in spec.data_options.items() if name not in ("path", *_OWN)}
    if unknown := sorted(set(own) - set(known)):
        raise ValueError(f"task {kind} has no option {unknown[0]!r}; known are {', '.join((*known, *_OWN))}")
    return own
