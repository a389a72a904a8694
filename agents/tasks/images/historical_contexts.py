"""The looks of the past: under which concepts the cloud has seen images before t = 0, and how often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.drift.concepts import Concept
from agents.streams.base import Past
from agents.tasks.images.image_set import ImagePool


def long_tail(contexts: int) -> float:
    """Return how much of the images each rarer context holds, so that all of them together hold half as many rows."""
    return 0.5 / max(contexts - 1, 1)


def past_of(pool: ImagePool, contexts: Sequence[Concept], rarer: float, generator: np.random.Generator) -> Past:
    """Return the images of ``pool`` in all contexts of the past, one context after the other.

    The first context holds as many rows as there are images, each once unless it has a prior; every other one
    ``rarer`` times as many, of images drawn at random. Classes come as often as a context's prior says.
    """
    few = max(round(rarer * pool.size), 1)
    drawn = [(np.arange(pool.size) + 0.5) / pool.size, *(generator.random(few) for _ in contexts[1:])]
    x, label = [], []
    for concept, which in zip(contexts, drawn, strict=True):
        rows = pool.pick(which, concept)
        x.append(pool.under(concept, rows))
        label.append(torch.from_numpy(pool.labels_under(concept)[rows].astype(np.int64)))
    context = torch.arange(len(contexts)).repeat_interleave(torch.tensor([len(part) for part in label]))
    return Past(torch.cat(x), torch.cat(label), context)
