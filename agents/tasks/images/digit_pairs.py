"""Two cameras, one class: pairs of real digits, of which drift may turn one camera over or take it away.

The two-view data of multi-view learning (two digits of one class, of which the second is seen through noise: Wang et
al., "On deep multi-view representation learning", ICML 2015), made of scikit-learn's digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.drift.concepts import MISSING, Concept
from agents.seeding import Purpose, rng
from agents.streams.base import Chunk, Content, History, Past, View
from agents.tasks.file_options import DigitPairsOptions
from agents.tasks.image_reading import NEUTRAL, image_schedule
from agents.tasks.images.digits import CLASSES, Digits, digit_splits
from agents.tasks.images.image_set import ImagePool
from agents.tasks.images.task import Images, Splits
from agents.tasks.own_views import flat_shape, missing_ones

#: Views in the order in which they lie in a sample; each is one digit.
VIEWS = {name: View(slice(64 * number, 64 * (number + 1)), (1, 8, 8)) for number, name in enumerate(("front", "side"))}


class DigitPairs(Digits):
    """The task of one scenario: the digits task, but a sample is [128], what two cameras see of one class."""

    options: DigitPairsOptions
    views = VIEWS

    def __init__(self, spec: FleetSpec) -> None:
        self.options = read_options(DigitPairsOptions, spec.data_options, "task digit_pairs")
        splits = _paired(digit_splits(spec.seed), spec.seed, self.options.side_noise)
        Images.__init__(self, spec, splits, image_schedule(spec, CLASSES, {**NEUTRAL, **missing_ones(VIEWS)}))
        self.input_shape = flat_shape(VIEWS)
        lacking = [[MISSING + name in dict(one.strengths) for name in VIEWS] for one in self.schedule.concepts]
        self._present = 1 - np.array(lacking, np.uint8)

    def make_pool(self, images: torch.Tensor, labels: np.ndarray, generator: np.random.Generator) -> ImagePool:
        """Return pairs [n, 2, 8, 8] as a pool."""
        reached = self.options.drifts
        return PairPool(images, labels, generator, [reached in ("both", name) for name in VIEWS])

    def history(self) -> History:
        """Return the past: float32 [rows, 128]; a share of the rows lacks one of the views."""
        whole = super().history()
        return History(self._lacking(whole.train, 2), self._lacking(whole.validation, 3))

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return pairs that devices never see under a concept of the scenario: float32 [rows, 128]."""
        past = super().past_under(concept, split)
        return replace(past, x=past.x.flatten(1))

    def pool(self, concept: int) -> torch.Tensor:
        """Return the pairs that devices see under ``concept``: float32 [pool_size, 128]."""
        return super().pool(concept).flatten(1)

    def raw_pool(self, concept: int) -> torch.Tensor:
        """Return :meth:`pool`."""
        return self.pool(concept)

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell with pairs that devices see; what drift takes away is said to be missing."""
        content = super().draw(chunk, rng)
        return replace(content, present=self._present[content.concept] * chunk.valid[..., None].astype(np.uint8))

    def _lacking(self, past: Past, number: int) -> Past:
        generator, rows = rng(self.seed, Purpose.HISTORY, number), len(past.label)
        lacks, which = generator.random(rows) < self.options.past_missing, generator.integers(len(VIEWS), size=rows)
        kept = torch.from_numpy(~(lacks[:, None] & (np.arange(len(VIEWS)) == which[:, None])))
        return replace(past, x=(past.x * kept[:, :, None, None]).flatten(1))


class PairPool(ImagePool):
    """Pairs of images, of which a concept reaches all views or one, and of which it may take one away."""

    def __init__(
        self, images: torch.Tensor, labels: np.ndarray, generator: np.random.Generator, reached: Sequence[bool]
    ) -> None:
        super().__init__(images, labels, CLASSES, generator)
        self._reached = reached

    def under(self, concept: Concept, rows: np.ndarray | None = None) -> torch.Tensor:
        """Return the pairs (or ``rows`` of them) as they look under ``concept``: float32 [rows, 2, 8, 8]."""
        looks = tuple((name, value) for name, value in concept.strengths if not name.startswith(MISSING))
        before = self.images if rows is None else self.images[rows]
        seen = super().under(replace(concept, strengths=looks), rows).clone()
        for number, (name, reached) in enumerate(zip(VIEWS, self._reached, strict=True)):
            if not reached:
                seen[:, number] = before[:, number]
            if MISSING + name in dict(concept.strengths):
                seen[:, number] = 0.0
        return seen


def _paired(splits: Splits, seed: int, side_noise: float) -> Mapping[str, tuple[torch.Tensor, np.ndarray]]:
    """Return each image [1, 8, 8] beside another one of its class and split, which a poorer camera sees."""
    paired = {}
    for number, (split, (images, labels)) in enumerate(splits.items()):
        generator = rng(seed, Purpose.SPLIT, 1 + number)
        partner = np.empty(len(labels), np.int64)
        for label in range(CLASSES):
            own = generator.permutation(np.flatnonzero(labels == label))
            partner[own] = np.roll(own, 1)
        noise = torch.from_numpy(generator.standard_normal(images.shape, np.float32))
        side = (images[partner] + side_noise * noise).clamp(0.0, 1.0)
        paired[split] = torch.cat([images, side], 1), labels
    return paired
