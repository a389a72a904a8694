"""What laws of nature share: fresh samples for every cell, a past of the first world, and the best answer to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.contract import FleetSpec, InputError
from agents.contract.errors import error_location
from agents.drift.concepts import Concept, Neutral
from agents.drift.schedule import make_schedule
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream


@dataclass(frozen=True)
class SampleRequest:
    """Of which world samples are wanted; arrays of one shape, [devices, samples].

    Attributes:
        block: the block, or None for the cloud's past.
        row: which device of the block; in the past, which context it is, or -1 for the world as it is at t = 0.
        concept: the concept in force.
        time_s: when.
    """

    block: BlockId | None
    row: np.ndarray
    concept: np.ndarray
    time_s: np.ndarray


@dataclass(frozen=True)
class DrawnSamples:
    """Samples of a scene, before classes are renamed: x float [..., inputs], label and best answer int [...]."""

    x: np.ndarray
    label: np.ndarray
    best: np.ndarray


class SyntheticGenerator(Stream):
    """A law of nature; those who inherit say what samples look like (:meth:`sample`)."""

    pool_size = 0
    #: In how many ways the past saw the world; those who have more than one say how (``SampleRequest.row``).
    contexts = 1

    def __init__(
        self, spec: FleetSpec, classes: int, inputs: int, neutral: Neutral, history: int, own_priors: bool = False
    ) -> None:
        self.seed, self.classes, self.input_shape = spec.seed, classes, (inputs,)
        self._rows = history
        with error_location("drift"):
            self.schedule = make_schedule(
                spec.drift, spec.cohorts, neutral, classes, spec.seed, spec.duration_s, own_priors=own_priors
            )
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self._labels = np.stack([one.relabel(np.arange(classes), classes) for one in self.schedule.concepts])

    def sample(self, request: SampleRequest, rng: np.random.Generator) -> DrawnSamples:
        """Draw a sample for each place of the scene. Pure in its arguments."""
        raise NotImplementedError

    def history(self) -> History:
        """Return labelled samples of the past, all contexts alike, a fifth as many again for validation."""
        return History(self._context(self._rows, 0), self._context(max(self._rows // 5, 1), 1))

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return as many samples as the past has, of the world at t = 0 under a concept of the scenario."""
        rows, number = (self._rows, 2) if split == "train" else (max(self._rows // 5, 1), 3)
        return self._past(np.full(rows, -1), concept, number).under(concept)

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell with fresh samples of the world as it is at each sample's time."""
        valid, side = chunk.valid, rng.random(chunk.valid.shape)
        concept = self.schedule.concept(chunk.block, np.where(valid, chunk.time_s, -np.inf), side)
        row = np.broadcast_to(np.arange(chunk.block.width)[:, None], valid.shape)
        request = SampleRequest(chunk.block, row, concept, np.where(valid, chunk.time_s, 0.0))
        drawn = self.sample(request, rng)
        named = [self._labels[concept, classes] for classes in (drawn.label, drawn.best)]
        label, best, concept = (np.where(valid, values, 0).astype(np.int16) for values in (*named, concept))
        x = np.where(valid[..., None], drawn.x, 0.0).astype(np.float32)
        return Content(np.zeros(valid.shape, np.int64), label, concept, x, best)

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device the sorted times [s] of its concept changes; steady motion is none."""
        return self.schedule.changes(block)

    def _context(self, rows: int, number: int) -> Past:
        return self._past(np.arange(rows) % self.contexts, 0, number)

    def _past(self, context: np.ndarray, concept: int, number: int) -> Past:
        request = SampleRequest(None, context, np.full(len(context), concept), np.zeros(len(context)))
        drawn = self.sample(request, rng(self.seed, Purpose.HISTORY, concept, number))
        return Past.of(drawn.x.astype(np.float32), self._labels[concept, drawn.label], context)


def strengths(concepts: Sequence[Concept], neutral: Neutral) -> np.ndarray:
    """Return how strong each transform is under each concept: float64 [concepts, transforms]."""
    return np.array([list({**neutral, **dict(concept.strengths)}.values()) for concept in concepts])


def refuse_priors(concepts: Sequence[Concept], why: str) -> None:
    """Check that no concept wants a prior of the classes.

    Raises:
        InputError: one does; ``why`` is the reason that there can be none.
    """
    if any(concept.prior or concept.dirichlet for concept in concepts):
        raise InputError("drift", f"labels.prior and labels.dirichlet: {why}")
