"""The oracle of a recorded stream whose law is unknown: a head refitted on the segment that is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from agents.cache import cached, fingerprint
from agents.evaluation.features import PooledFeatures
from agents.evaluation.references import Tabled
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.head import Layers
from agents.seeding import Purpose, uniforms
from agents.streams.base import PoolTask

#: Full-batch Adam from the base head on, looked at after so many steps: short stretches are soon known by heart.
_CHECKS, _RATE = (0, 25, 100, 400), 5e-3


def hindsight_table(task: PoolTask, base: Base, features: PooledFeatures) -> Tabled:
    """Return the verdict of hindsight on every row of the pool under every concept.

    The task says which stretch each row belongs to (``hindsight``). The rows of a stretch are halved at random, and
    there are two heads: each is fitted on one half and scores the other, so that no head has seen what it scores,
    but it knows rows just before and just after. Of several lengths of training, none among them, each stretch has the
    one that turns out best: the oracle is nowhere worse, stretch by stretch, than the base. A method
    may do better still where the data change within a segment.
    """
    assert task.hindsight is not None
    rows = _halves(task.hindsight)
    verdicts = [_under(task, base, features, rows, concept) for concept in range(len(task.concepts))]
    return Tabled(np.concatenate(verdicts))


def _halves(segment: np.ndarray) -> torch.Tensor:
    """Return the rows of each half stretch, int64 [2 * stretches, rows], -1 behind the last; halves are neighbours."""
    # At random: a record may be periodic. The split is the same in every run, for any seed.
    second = uniforms(0, Purpose.SPLIT, np.arange(len(segment))) < 0.5
    halves = [
        np.flatnonzero((segment == number) & (second == side)) for number in np.unique(segment) for side in (0, 1)
    ]
    padded = np.full((len(halves), max(map(len, halves))), -1)
    for number, rows in enumerate(halves):
        padded[number, : len(rows)] = rows
    return torch.from_numpy(padded)


def _under(task: PoolTask, base: Base, features: PooledFeatures, rows: torch.Tensor, concept: int) -> np.ndarray:
    size, there = task.pool_size, rows >= 0
    x = features.table[concept * size : (concept + 1) * size][rows]
    label = torch.from_numpy(task.pool_labels[concept].astype(np.int64))[rows]
    checks = [_judged(base, heads, x, label) & there for heads in _fitted(base, x, label, there.float())]
    right = torch.stack(checks)
    age_intervals = right.sum(2).unflatten(1, (-1, 2)).sum(2)
    # Of equally good ones the least trained: argmax takes the first.
    best = age_intervals.argmax(0).repeat_interleave(2)
    evaluation = np.zeros(size, bool)
    evaluation[rows[there].numpy()] = right[best, torch.arange(len(rows))][there].numpy()
    return evaluation


def _judged(base: Base, heads: torch.Tensor, x: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return base.net.metric.correct(base.head.forward(_exchanged(base.head.unpack(heads)), x), label)


def _fitted(base: Base, x: torch.Tensor, label: torch.Tensor, weight: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield the packed heads of all halves at every look."""
    heads = base.head.pack(base.layers).expand(len(x), -1)
    yield heads
    known = fingerprint([x, label, weight])
    for before, after in pairwise(_CHECKS):
        key: dict[str, Any] = {
            "what": "hindsight heads",
            "base": base.digest(),
            "steps": (*_CHECKS[: _CHECKS.index(after)], after),
            "rate": _RATE,
            "rows": known,
        }
        heads = _trained(key, base, heads, x, label, weight, after - before)
        yield heads


def _trained(
    key: dict[str, Any],
    base: Base,
    start: torch.Tensor,
    x: torch.Tensor,
    label: torch.Tensor,
    weight: torch.Tensor,
    steps: int,
) -> torch.Tensor:
    return cached(key, lambda: {"heads": fit_heads(base.head, start, x, label, steps, _RATE, weight)})["heads"]


def _exchanged(heads: Layers) -> Layers:
    """Give each half of a stretch the head of the other half."""
    return {name: values.unflatten(0, (-1, 2)).flip(1).flatten(0, 1) for name, values in heads.items()}
