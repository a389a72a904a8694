"""scikit-learn's handwritten digits: 1,797 real 8x8 images, embedded, in three disjoint splits.

The cloud's past holds every image of its split upright and, more rarely, turned: a long-tailed mix. Which angles it
holds is a factor of a study (``past``). Devices only ever see the images of a split that nothing is trained on.
"""

from __future__ import annotations

import numpy as np
import torch

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.drift.image_geometry import warp
from agents.seeding import Purpose, rng
from agents.streams.base import History, Past
from agents.tasks.file_options import DigitsOptions
from agents.tasks.image_reading import image_schedule
from agents.tasks.images.looks import spread
from agents.tasks.images.task import Images

#: Classes: what scikit-learn carries.
CLASSES = 10
#: Angles of the past beside upright [deg], by its name; a broad one has so many, spread over the whole circle.
ANGLES = {
    "seen": tuple(45.0 * n for n in range(1, 8)),
    "between": tuple(22.5 + 45.0 * n for n in range(8)),
    "unseen": (-45.0, -30.0, -15.0, 15.0, 30.0, 45.0),
}
BROAD = 63
#: How often the past holds an image upright, and how often turned by one of the other angles.
UPRIGHT, TURNED = 14, 6
#: Images of the evaluation and the validation split; the rest is history.
EVALUATION, VALIDATION = 400, 197
#: No two people hold a pen alike: the past is jittered by up to this turn, zoom and shift (share of side).
JITTER_DEG, JITTER_ZOOM, JITTER_SHIFT = 5.0, 0.05, 0.03


class Digits(Images):
    """The digits task of one scenario: its past, its pool under every concept, its stream."""

    def __init__(self, spec: FleetSpec) -> None:
        self.options: DigitsOptions = read_options(DigitsOptions, spec.data_options, "task digits")
        super().__init__(spec, digit_splits(spec.seed), image_schedule(spec, CLASSES))

    def history(self) -> History:
        """Return the past: float32 [rows, 1, 8, 8], 20 rows an image, context 0 upright; jittered to train."""
        return History(self._past("train", 0, 1.0), self._past("validation", 1, 0.0))

    def _past(self, split: str, number: int, jitter: float) -> Past:
        pool, generator = self.pools[split], rng(self.seed, Purpose.HISTORY, number)
        angles = np.concatenate([[0.0], self._angles(number)])
        turned = generator.permuted(np.tile(np.arange(1, len(angles)), (pool.size, 1)), axis=1)[:, :TURNED]
        context = np.concatenate([np.zeros((pool.size, UPRIGHT), int), turned], 1).ravel()
        image = np.repeat(np.arange(pool.size), UPRIGHT + TURNED)
        drawn = torch.from_numpy(generator.uniform(-jitter, jitter, (len(image), 4)))
        degrees = torch.from_numpy(angles[context]) + JITTER_DEG * drawn[:, 0]
        x = warp(pool.images[image], degrees, 1.0 + JITTER_ZOOM * drawn[:, 1], JITTER_SHIFT * drawn[:, 2:])
        return Past(x, torch.from_numpy(pool.labels[image].astype(np.int64)), torch.from_numpy(context))

    def _angles(self, number: int) -> np.ndarray:
        """Return the angles that a split of the past is turned by [deg]; each split of a broad past has its own."""
        if self.options.past == "broad":
            return spread(0.0, 360.0, BROAD, rng(self.seed, Purpose.HISTORY, 9, number))
        return np.array(ANGLES[self.options.past])


def digit_splits(seed: int) -> dict[str, tuple[torch.Tensor, np.ndarray]]:
    """Return images float32 [n, 1, 8, 8] from 0 to 1 and labels int16 [n] of each split; no two share one."""
    # Only here: a worker gets the task as it is, and never needs the two seconds that this import takes.
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = torch.from_numpy((pixels / 16.0).astype(np.float32)).view(-1, 1, 8, 8)
    order = rng(seed, Purpose.SPLIT).permutation(len(labels))
    edges = (EVALUATION, EVALUATION + VALIDATION)
    parts = zip(("evaluation", "validation", "train"), np.split(order, edges), strict=True)
    return {split: (images[rows], labels[rows].astype(np.int16)) for split, rows in parts}
