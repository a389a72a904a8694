"""Images from files (the MNIST family, CIFAR's records, NumPy archives), dealt into splits that share none."""

from __future__ import annotations

import numpy as np
import torch

from agents.contract import FleetSpec
from agents.seeding import Purpose, rng
from agents.streams.base import History
from agents.tasks.formats import Labelled
from agents.tasks.image_reading import read_images
from agents.tasks.images.historical_contexts import long_tail, past_of
from agents.tasks.images.task import Images


class ImageFiles(Images):
    """Images from files; ``spec.data`` says of which kind (see :mod:`agents.tasks.image_reading`)."""

    oracle_stops_early = True

    def __init__(self, spec: FleetSpec) -> None:
        read = read_images(spec)
        splits = {split: _picked(part, rows) for split, (part, rows) in read.rows.items()}
        super().__init__(spec, splits, read.schedule)
        self.contexts = read.contexts

    def history(self) -> History:
        """Return the past in all contexts: each image once in the first, and the others a long tail.

        For adapters, which learn what makes contexts differ, the others hold more: half as many rows each, and all
        together three times as many at most.
        """
        tail = long_tail(len(self.contexts))
        rarer = {"train": tail, "validation": tail, "held_out": min(0.5, 6 * tail)}
        return History(
            *(
                past_of(self.pools[split], self.contexts, share, rng(self.seed, Purpose.HISTORY, number))
                for number, (split, share) in enumerate(rarer.items())
            )
        )


def _picked(part: Labelled, rows: np.ndarray) -> tuple[torch.Tensor, np.ndarray]:
    return torch.from_numpy(np.ascontiguousarray(part.images[rows])), part.labels[rows].astype(np.int16)
