"""The task made of a user's own stream: everything but the samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from agents.contract import FleetSpec, InputError
from agents.contract.errors import error_location
from agents.drift.onset import device_keys
from agents.drift.schedule import make_schedule
from agents.seeding import Purpose, rng, uniforms
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream, View
from agents.tasks.custom.stream import ChunkRequest, CustomStream
from agents.tasks.custom.supply import CustomSupply
from agents.tasks.own_views import flat_shape, laid_flat, missing_ones, views_of, without_missing
from agents.tasks.synthetic.generator import refuse_priors, strengths

#: One in so many rows of the past is for validation, and the fewest rows that a past may have.
_PART, _LEAST = 5, 10
#: A block on which a stream is tried out before anything runs.
_TRIAL_WIDTH, _TRIAL_SAMPLES = 256, 2


class CustomTask(Stream):
    """Feeds devices from an :class:`CustomStream`; what it returns is checked every time.

    Raises:
        ValueError: a stream that does not keep to its contract; the message says what it returned.
    """

    pool_size = 0

    def __init__(self, own: CustomStream, spec: FleetSpec) -> None:
        self.own, self.name, self.seed = own, type(own).__name__, spec.seed
        self.views = views_of(getattr(own, "inputs", None))
        self.classes, self.input_shape = _declared(own, self.name, self.views)
        transforms = {**own.transforms, **missing_ones(self.views)}
        with error_location("drift"):
            self.schedule = make_schedule(
                spec.drift, spec.cohorts, transforms, self.classes, spec.seed, spec.duration_s
            )
            refuse_priors(self.schedule.concepts, f"the classes of {self.name} come as they come")
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self._strengths = strengths(self.schedule.concepts, transforms)
        self._labels = np.stack([one.relabel(np.arange(self.classes), self.classes) for one in self.schedule.concepts])
        self._cohorts = [(cohort.name, cohort.devices) for cohort in spec.cohorts]
        supply = CustomSupply(own, self._cohorts)
        self.supply = supply
        self._history = self._remembered()
        self._try_out(spec, supply)

    def history(self) -> History:
        """Return the past of the stream; a fifth of the rows, drawn at random, is for validation."""
        return self._history

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the past with its classes named as under a concept; what else drift does only the stream knows."""
        past = getattr(self._history, split)
        named = torch.from_numpy(self._labels[concept].astype(np.int64))[past.label]
        return Past(past.x, named, torch.full_like(named, concept))

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell with what the stream returns."""
        valid = chunk.valid
        concept = self.schedule.concept(chunk.block, np.where(valid, chunk.time_s, -np.inf), rng.random(valid.shape))
        seen = self._seen(chunk, concept)
        x, label, *best = self._checked(self.own.chunk(seen, chunk.index, rng), seen.shape, valid)
        named = [np.where(valid, self._labels[concept, classes], 0).astype(np.int16) for classes in (label, *best)]
        x = np.where(valid.reshape(*valid.shape, *(1 for _ in self.input_shape)), x, 0.0).astype(np.float32)
        present = self._present(concept, valid)
        x = x if present is None else without_missing(x, present, self.views)
        known = named[1] if len(named) > 1 else None
        return Content(np.zeros(valid.shape, np.int64), named[0], concept, x, known, present)

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device the sorted times [s] of its changes, by drift and by the stream itself."""
        cohort, devices = self._cohorts[block.cohort]
        merged = []
        for row, changes_s in enumerate(self.schedule.changes(block)):
            device = block.block * block.width + row
            own_s = self.own.changes_s(cohort, device) if device < devices else np.empty(0)
            merged.append(np.union1d(changes_s, own_s) if len(own_s) else changes_s)
        return merged

    def _present(self, concept: np.ndarray, valid: np.ndarray) -> np.ndarray | None:
        """Return which views are there, uint8 [devices, samples, views]; None for a stream without views."""
        if not self.views:
            return None
        missing = self._strengths[concept, len(self.own.transforms) :] > 0
        return (~missing & valid[..., None]).astype(np.uint8)

    def _seen(self, chunk: Chunk, concept: np.ndarray) -> ChunkRequest:
        block, valid = chunk.block, chunk.valid
        keys = device_keys(block)
        assert chunk.ordinal is not None
        return ChunkRequest(
            cohort=self._cohorts[block.cohort][0],
            device=block.block * block.width + np.arange(block.width),
            uniform=uniforms(self.seed, Purpose.OWN_STREAM, keys),
            time_s=np.where(valid, chunk.time_s, 0.0),
            valid=valid,
            ordinal=np.where(valid, chunk.ordinal, 0),
            strength={name: self._strengths[concept, n] for n, name in enumerate(self.own.transforms)},
        )

    def _checked(self, returned: Any, shape: Sequence[int], valid: np.ndarray) -> list[np.ndarray]:
        """Return (x, label) or (x, label, best), of the shapes and classes that were declared."""
        if not isinstance(returned, tuple | list) or len(returned) not in (2, 3):
            raise ValueError(f"{self.name}.chunk returned {type(returned).__name__}; wanted: (x, y) or (x, y, best)")
        x, *classes = self._arrays(f"{self.name}.chunk: x", returned)
        _check_shape(f"{self.name}.chunk: x", x, (*shape, *self.input_shape))
        _check_finite(f"{self.name}.chunk: x", x[valid])
        for name, values in zip(("y", "best"), classes, strict=False):
            _check_shape(f"{self.name}.chunk: {name}", values, shape)
            _check_classes(f"{self.name}.chunk: {name}", values[valid], self.classes)
        return [x, *(np.where(valid, values, 0).astype(np.int64) for values in classes)]

    def _arrays(self, what: str, returned: Any) -> list[np.ndarray]:
        x, *others = returned
        flat = laid_flat(what, x, self.views) if self.views else np.asarray(x)
        return [flat, *(np.asarray(values) for values in others)]

    def _remembered(self) -> History:
        returned = self.own.history(rng(self.seed, Purpose.HISTORY, 0))
        if not isinstance(returned, tuple | list) or len(returned) not in (2, 3):
            raise ValueError(
                f"{self.name}.history returned {type(returned).__name__}; wanted: (x, y) or (x, y, context)"
            )
        x, label, *context = self._arrays(f"{self.name}.history: x", returned)
        _check_shape(f"{self.name}.history: x", x, (len(label), *self.input_shape))
        _check_finite(f"{self.name}.history: x", x)
        _check_classes(f"{self.name}.history: y", label, self.classes)
        if len(label) < _LEAST:
            raise ValueError(f"{self.name}.history: {len(label)} rows; at least {_LEAST} are wanted")
        where = context[0] if context else np.zeros(len(label))
        columns = (x.astype(np.float32), label.astype(np.int64), where.astype(np.int64))
        # At random: what is remembered may well be periodic.
        judged = rng(self.seed, Purpose.SPLIT).permutation(len(label)) < len(label) // _PART
        return History(_past(*(c[~judged] for c in columns)), _past(*(c[judged] for c in columns)))

    def _try_out(self, spec: FleetSpec, supply: CustomSupply) -> None:
        """Ask for a chunk of the first cohort now: a mistake should not wait for the first tick."""
        shape = (_TRIAL_WIDTH, _TRIAL_SAMPLES)
        time_s = np.broadcast_to(np.arange(1.0, 1.0 + _TRIAL_SAMPLES), shape)
        valid = np.arange(_TRIAL_SAMPLES) < supply.count(BlockId(0, 0, _TRIAL_WIDTH))[:, None]
        ordinal = np.broadcast_to(np.arange(_TRIAL_SAMPLES), shape)
        chunk = Chunk(BlockId(0, 0, _TRIAL_WIDTH), 0, np.where(valid, time_s, np.inf), valid, ordinal)
        content = self.draw(chunk, rng(self.seed, Purpose.OWN_STREAM, 0))
        if content.best is None and "oracle_bayes" in spec.references:
            said = f"{self.name}.chunk returns no best answer, so that there is no oracle; write 'references: [static]'"
            raise InputError("references", said)


def _declared(own: CustomStream, name: str, views: Mapping[str, View]) -> tuple[int, tuple[int, ...]]:
    classes = getattr(own, "classes", None)
    inputs = flat_shape(views) if views else getattr(own, "inputs", None)
    if not isinstance(classes, int) or classes < 2:
        raise ValueError(f"{name}.classes is {classes!r}; wanted: a whole number, 2 or more")
    if not isinstance(inputs, tuple) or not inputs or not all(isinstance(size, int) and size > 0 for size in inputs):
        raise ValueError(f"{name}.inputs is {inputs!r}; wanted: the shape of one sample, for example (2,)")
    return classes, inputs


def _past(x: np.ndarray, label: np.ndarray, context: np.ndarray) -> Past:
    return Past(torch.from_numpy(x), torch.from_numpy(label), torch.from_numpy(context))


def _check_shape(what: str, values: np.ndarray, shape: Sequence[int]) -> None:
    if values.shape != tuple(shape):
        raise ValueError(f"{what} is {list(values.shape)}; wanted: {list(shape)}")
    if values.dtype.kind not in "fiub":
        raise ValueError(f"{what} holds {values.dtype}; wanted: numbers")


def _check_finite(what: str, values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise ValueError(f"{what} holds a value that is not finite")


def _check_classes(what: str, values: np.ndarray, classes: int) -> None:
    if values.dtype.kind not in "iub":
        raise ValueError(f"{what} holds {values.dtype}; wanted: whole numbers")
    wrong = (values < 0) | (values >= classes)
    if wrong.any():
        raise ValueError(f"{what} holds {values[wrong][0]}; classes are 0 to {classes - 1}")
