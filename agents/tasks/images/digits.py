"""scikit-learn's handwritten digits: 1,797 real 8x8 images, embedded, in three disjoint splits.

The cloud's past holds every image of its split upright and, more rarely, turned by the other multiples of
45 degrees: a long-tailed mix. Devices only ever see the images of the evaluation split.
"""

from __future__ import annotations

import numpy as np
import torch

from agents.contract import FleetSpec
from agents.drift.image_geometry import warp
from agents.seeding import Purpose, rng
from agents.streams.base import History, Past
from agents.tasks.image_reading import image_schedule
from agents.tasks.images.task import Images

#: Classes: what scikit-learn carries.
CLASSES = 10
#: Contexts of the past: context c is turned by c * 45 degrees.
CONTEXTS = 8
#: How often the past holds an image upright, and how often turned by one of the seven other angles.
UPRIGHT, TURNED = 14, 6
#: Images of the evaluation and the validation split; the rest is history.
EVALUATION, VALIDATION = 400, 197
#: No two people hold a pen alike: the past is jittered by up to this turn, zoom and shift (share of side).
JITTER_DEG, JITTER_ZOOM, JITTER_SHIFT = 5.0, 0.05, 0.03


class Digits(Images):
    """The digits task of one scenario: its past, its pool under every concept, its stream."""

    def __init__(self, spec: FleetSpec) -> None:
        if spec.data_options:
            raise ValueError(f"task digits has no option {sorted(spec.data_options)[0]!r}")
        super().__init__(spec, _splits(spec.seed), image_schedule(spec, CLASSES))

    def history(self) -> History:
        """Return the past: float32 [rows, 1, 8, 8], 20 rows an image, contexts 0 to 7; jittered to train."""
        return History(self._past("train", 0, 1.0), self._past("validation", 1, 0.0))

    def _past(self, split: str, number: int, jitter: float) -> Past:
        pool, generator = self.pools[split], rng(self.seed, Purpose.HISTORY, number)
        turned = generator.permuted(np.tile(np.arange(1, CONTEXTS), (pool.size, 1)), axis=1)[:, :TURNED]
        context = np.concatenate([np.zeros((pool.size, UPRIGHT), int), turned], 1).ravel()
        image = np.repeat(np.arange(pool.size), UPRIGHT + TURNED)
        drawn = torch.from_numpy(generator.uniform(-jitter, jitter, (len(image), 4)))
        degrees = torch.from_numpy(context * (360.0 / CONTEXTS)) + JITTER_DEG * drawn[:, 0]
        x = warp(pool.images[image], degrees, 1.0 + JITTER_ZOOM * drawn[:, 1], JITTER_SHIFT * drawn[:, 2:])
        return Past(x, torch.from_numpy(pool.labels[image].astype(np.int64)), torch.from_numpy(context))


def _splits(seed: int) -> dict[str, tuple[torch.Tensor, np.ndarray]]:
    # Only here: a worker gets the task as it is, and never needs the two seconds that this import takes.
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = torch.from_numpy((pixels / 16.0).astype(np.float32)).view(-1, 1, 8, 8)
    order = rng(seed, Purpose.SPLIT).permutation(len(labels))
    edges = (EVALUATION, EVALUATION + VALIDATION)
    parts = zip(("evaluation", "validation", "train"), np.split(order, edges), strict=True)
    return {split: (images[rows], labels[rows].astype(np.int16)) for split, rows in parts}
