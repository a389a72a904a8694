"""The task made of a user's own stream: everything but the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from agents.blame import about
from agents.contract import FleetSpec, InputError
from agents.seeding import Purpose, rng, uniforms
from agents.tasks.base import Cell, Content, History, Past, Place, Stream
from agents.tasks.drift import make_schedule
from agents.tasks.fronts import device_keys
from agents.tasks.laws import refuse_priors, strengths
from agents.tasks.own import OwnStream, Seen

#: A device whose stream never ends.
_ENDLESS = 1 << 62
#: Every so many-th row of the past is for validation.
_EVERY = 5
#: A block on which a stream is tried out before anything runs.
_TRIAL_WIDTH, _TRIAL_SAMPLES = 256, 2


class OwnTask(Stream):
    """Feeds devices from an :class:`OwnStream`; what it returns is checked every time.

    Raises:
        ValueError: a stream that does not keep to its contract; the message says what it returned.
    """

    pool_size = 0

    def __init__(self, own: OwnStream, spec: FleetSpec) -> None:
        self.own, self.name, self.seed = own, type(own).__name__, spec.seed
        self.classes, self.input_shape = _declared(own, self.name)
        with about("drift"):
            self.schedule = make_schedule(
                spec.drift, spec.cohorts, own.transforms, self.classes, spec.seed, spec.duration_s
            )
            refuse_priors(self.schedule.concepts, f"the classes of {self.name} come as they come")
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self._strengths = strengths(self.schedule.concepts, own.transforms)
        self._labels = np.stack([one.relabel(np.arange(self.classes), self.classes) for one in self.schedule.concepts])
        self._cohorts = [(cohort.name, cohort.devices) for cohort in spec.cohorts]
        self.supply = OwnSupply(own, self._cohorts)
        self._history = self._remembered()
        self._try_out(spec)

    def history(self) -> History:
        """Return the past that the stream tells; every fifth row is for validation."""
        return self._history

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the past with its classes named as under a concept; what else drift does only the stream knows."""
        past = getattr(self._history, split)
        named = torch.from_numpy(self._labels[concept].astype(np.int64))[past.label]
        return Past(past.x, named, torch.full_like(named, concept))

    def draw(self, cell: Cell, rng: np.random.Generator) -> Content:
        """Fill one cell with what the stream returns."""
        valid = cell.valid
        concept = self.schedule.concept(cell.place, np.where(valid, cell.time_s, -np.inf), rng.random(valid.shape))
        seen = self._seen(cell, concept)
        x, label, *best = self._checked(self.own.chunk(seen, cell.index, rng), seen.shape, valid)
        named = [np.where(valid, self._labels[concept, classes], 0).astype(np.int16) for classes in (label, *best)]
        x = np.where(valid.reshape(*valid.shape, *(1 for _ in self.input_shape)), x, 0.0).astype(np.float32)
        return Content(np.zeros(valid.shape, np.int64), named[0], concept, x, *named[1:])

    def changes(self, place: Place) -> list[np.ndarray]:
        """Return for each device the sorted times [s] of its changes, by drift and by the stream's own telling."""
        cohort, devices = self._cohorts[place.cohort]
        merged = []
        for row, changes_s in enumerate(self.schedule.changes(place)):
            device = place.block * place.width + row
            own_s = self.own.changes_s(cohort, device) if device < devices else np.empty(0)
            merged.append(np.union1d(changes_s, own_s) if len(own_s) else changes_s)
        return merged

    def _seen(self, cell: Cell, concept: np.ndarray) -> Seen:
        place, valid = cell.place, cell.valid
        keys = device_keys(place)
        assert cell.ordinal is not None
        return Seen(
            cohort=self._cohorts[place.cohort][0],
            device=place.block * place.width + np.arange(place.width),
            luck=uniforms(self.seed, Purpose.OWN_STREAM, keys),
            time_s=np.where(valid, cell.time_s, 0.0),
            valid=valid,
            ordinal=np.where(valid, cell.ordinal, 0),
            strength={name: self._strengths[concept, n] for n, name in enumerate(self.own.transforms)},
        )

    def _checked(self, returned: Any, shape: Sequence[int], valid: np.ndarray) -> list[np.ndarray]:
        """Return (x, label) or (x, label, best), of the shapes and classes that were declared."""
        if not isinstance(returned, tuple | list) or len(returned) not in (2, 3):
            raise ValueError(f"{self.name}.chunk returned {type(returned).__name__}; wanted: (x, y) or (x, y, best)")
        x, *classes = map(np.asarray, returned)
        _check_shape(f"{self.name}.chunk: x", x, (*shape, *self.input_shape))
        if not np.isfinite(x[valid]).all():
            raise ValueError(f"{self.name}.chunk: x holds a value that is not finite")
        for name, values in zip(("y", "best"), classes, strict=False):
            _check_shape(f"{self.name}.chunk: {name}", values, shape)
            _check_classes(f"{self.name}.chunk: {name}", values[valid], self.classes)
        return [x, *(np.where(valid, values, 0).astype(np.int64) for values in classes)]

    def _remembered(self) -> History:
        told = self.own.history(rng(self.seed, Purpose.HISTORY, 0))
        if not isinstance(told, tuple | list) or len(told) not in (2, 3):
            raise ValueError(f"{self.name}.history returned {type(told).__name__}; wanted: (x, y) or (x, y, context)")
        x, label, *context = map(np.asarray, told)
        _check_shape(f"{self.name}.history: x", x, (len(label), *self.input_shape))
        _check_classes(f"{self.name}.history: y", label, self.classes)
        if len(label) < 2 * _EVERY:
            raise ValueError(f"{self.name}.history: {len(label)} rows; at least {2 * _EVERY} are wanted")
        columns = [x.astype(np.float32), label.astype(np.int64)]
        columns.append((context[0] if context else np.zeros(len(label))).astype(np.int64))
        judged = np.arange(len(label)) % _EVERY == _EVERY - 1
        train, validation = ([torch.from_numpy(c[rows]) for c in columns] for rows in (~judged, judged))
        return History(Past(*train), Past(*validation))

    def _try_out(self, spec: FleetSpec) -> None:
        """Ask for a chunk of the first cohort now: a mistake should not wait for the first tick."""
        shape = (_TRIAL_WIDTH, _TRIAL_SAMPLES)
        time_s = np.broadcast_to(np.arange(1.0, 1.0 + _TRIAL_SAMPLES), shape)
        valid = np.arange(_TRIAL_SAMPLES) < self.supply.count(Place(0, 0, _TRIAL_WIDTH))[:, None]
        ordinal = np.broadcast_to(np.arange(_TRIAL_SAMPLES), shape)
        cell = Cell(Place(0, 0, _TRIAL_WIDTH), 0, np.where(valid, time_s, np.inf), valid, ordinal)
        content = self.draw(cell, rng(self.seed, Purpose.OWN_STREAM, 0))
        if content.best is None and "oracle" in spec.references:
            said = f"{self.name}.chunk tells no best answer, so that there is no oracle; write 'references: [static]'"
            raise InputError("references", said)


class OwnSupply:
    """How many samples the devices of a user's stream have, and when; ghosts behind a cohort's last have none."""

    def __init__(self, own: OwnStream, cohorts: Sequence[tuple[str, int]]) -> None:
        self._own, self._cohorts = own, cohorts
        self._known: dict[Place, np.ndarray] = {}

    def count(self, place: Place) -> np.ndarray:
        """Return how many samples each device of the block has, int64 [devices]."""
        if place not in self._known:
            self._known[place] = np.array([self._count_of(place, row) for row in range(place.width)], np.int64)
        return self._known[place]

    def times_s(self, place: Place) -> list[np.ndarray]:
        """Return when each device of the block sees its samples [s]."""
        return [self._times_of(place, row) for row in range(place.width)]

    def _count_of(self, place: Place, row: int) -> int:
        cohort, devices = self._cohorts[place.cohort]
        device = place.block * place.width + row
        if device >= devices:
            return 0
        count, times_s = self._own.count(cohort, device), self._own.times_s(cohort, device)
        told = [number for number in (count, None if times_s is None else len(times_s)) if number is not None]
        return min(told, default=_ENDLESS)

    def _times_of(self, place: Place, row: int) -> np.ndarray:
        cohort, devices = self._cohorts[place.cohort]
        device = place.block * place.width + row
        if device >= devices:
            return np.empty(0)
        times_s = self._own.times_s(cohort, device)
        if times_s is None:
            raise ValueError(f"{type(self._own).__name__}.times_s tells no times; use poisson or periodic arrivals")
        times_s = np.asarray(times_s, np.float64)
        if (np.diff(times_s) < 0).any() or not np.isfinite(times_s).all() or (times_s < 0).any():
            raise ValueError(f"{type(self._own).__name__}.times_s: times of device {device} are not sorted, from 0 on")
        return times_s


def _declared(own: OwnStream, name: str) -> tuple[int, tuple[int, ...]]:
    classes, inputs = getattr(own, "classes", None), getattr(own, "inputs", None)
    if not isinstance(classes, int) or classes < 2:
        raise ValueError(f"{name}.classes is {classes!r}; wanted: a whole number, 2 or more")
    if not isinstance(inputs, tuple) or not inputs or not all(isinstance(size, int) and size > 0 for size in inputs):
        raise ValueError(f"{name}.inputs is {inputs!r}; wanted: the shape of one sample, for example (2,)")
    return classes, inputs


def _check_shape(what: str, values: np.ndarray, shape: Sequence[int]) -> None:
    if values.shape != tuple(shape):
        raise ValueError(f"{what} is {list(values.shape)}; wanted: {list(shape)}")
    if values.dtype.kind not in "fiub":
        raise ValueError(f"{what} holds {values.dtype}; wanted: numbers")


def _check_classes(what: str, values: np.ndarray, classes: int) -> None:
    if values.dtype.kind not in "iub":
        raise ValueError(f"{what} holds {values.dtype}; wanted: whole numbers")
    wrong = (values < 0) | (values >= classes)
    if wrong.any():
        raise ValueError(f"{what} holds {values[wrong][0]}; classes are 0 to {classes - 1}")
