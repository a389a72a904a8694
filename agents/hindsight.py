"""The oracle of a recorded stream whose law nobody knows: a head refitted on the very stretch that is judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from agents.features import PooledFeatures
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.head import Layers
from agents.pretraining import cached, fingerprint
from agents.references import Tabled
from agents.tasks.base import PoolTask

#: Full-batch Adam from the base head on.
_STEPS, _RATE = 400, 5e-3


def hindsight_table(task: PoolTask, base: Base, features: PooledFeatures) -> Tabled:
    """Return the verdict of hindsight on every row of the pool under every concept.

    The task says which stretch each row belongs to (``hindsight``). In each stretch there are two heads: one is fitted
    on the rows of even number and judges those of odd number, the other the other way round, so that no head has seen what it
    judges, but each knows rows just before and just after it. No method can; yet one may do better where stretches are
    too short to fit a head, or longer than the world stays as it is.
    """
    assert task.hindsight is not None
    stretches = _stretches(task.hindsight)
    verdicts = [_under(task, base, features, stretches, concept) for concept in range(len(task.concepts))]
    return Tabled(np.concatenate(verdicts))


def _stretches(stretch: np.ndarray) -> torch.Tensor:
    """Return the rows of each half stretch, int64 [2 * stretches, rows], -1 behind the last; halves are neighbours."""
    members = [np.flatnonzero(stretch == number) for number in np.unique(stretch)]
    halves = [rows[half::2] for rows in members for half in (0, 1)]
    padded = np.full((len(halves), max(map(len, halves))), -1)
    for number, rows in enumerate(halves):
        padded[number, : len(rows)] = rows
    return torch.from_numpy(padded)


def _under(task: PoolTask, base: Base, features: PooledFeatures, rows: torch.Tensor, concept: int) -> np.ndarray:
    size = task.pool_size
    x = features.table[concept * size : (concept + 1) * size]
    label = torch.from_numpy(task.pool_labels[concept].astype(np.int64))
    heads = base.head.unpack(_heads(base, x[rows], label[rows], (rows >= 0).float()))
    with torch.inference_mode():
        judged = base.net.measure.correct(base.head.forward(_exchanged(heads), x[rows]), label[rows])
    verdict = np.zeros(size, bool)
    verdict[rows[rows >= 0].numpy()] = judged[rows >= 0].numpy()
    return verdict


def _heads(base: Base, x: torch.Tensor, label: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    key: dict[str, Any] = {
        "what": "hindsight heads",
        "base": base.digest(),
        "steps": _STEPS,
        "rate": _RATE,
        "rows": fingerprint([x, label, weight]),
    }
    start = base.head.pack(base.layers)
    return cached(key, lambda: {"heads": fit_heads(base.head, start, x, label, _STEPS, _RATE, weight)})["heads"]


def _exchanged(heads: Layers) -> Layers:
    """Give each half of a stretch the head of the other half."""
    return {name: values.unflatten(0, (-1, 2)).flip(1).flatten(0, 1) for name, values in heads.items()}
