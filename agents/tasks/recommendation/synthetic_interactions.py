"""Users whose interests drift, under a known choice model: the best ranking is known at every moment.

Each user browses at a steady pace of its own and clicks items of all kinds by the law; its latest clicks are
what a model sees. At a sample it gets a set of 100 items and chooses one by the same law: that is
predicted. Drift moves a user's ``interest`` this share of the way to another user's, and the ``popularity`` of all
items this share of the way to another one. Devices are users that the cloud has never met.
"""

from __future__ import annotations

from math import inf

import numpy as np

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.drift.onset import device_keys
from agents.drift.schedule import Schedule, make_schedule
from agents.seeding import Purpose, rng, uniforms
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream
from agents.tasks.recommendation.choice_model import HIT_WITHIN, ITEM_GROUPS, ChoiceModel, choose, unit
from agents.tasks.recommendation.decisions import MOST_CANDIDATES, Decisions, narrowed, windows
from agents.tasks.recommendation.options import SyntheticInteractionsOptions

#: What drift can do, in shares of the way.
NEUTRAL: dict[str, float] = {"interest": 0.0, "popularity": 0.0}
#: Clicks are numbered from long before the run, so that no number is negative.
_LONG_AGO = 1 << 32


class SyntheticInteractions(Stream):
    """See :class:`SyntheticInteractionsOptions`."""

    pool_size = 0

    def __init__(self, spec: FleetSpec) -> None:
        self.options: SyntheticInteractionsOptions = read_options(
            SyntheticInteractionsOptions, spec.data_options, "task synthetic_interactions"
        )
        self.seed = spec.seed
        negatives = self.options.negatives
        self.classes = self.options.items if isinstance(negatives, str) else 1 + negatives
        if self.classes > MOST_CANDIDATES:
            raise ValueError(f"negatives: a list of {self.classes} items is longer than {MOST_CANDIDATES}")
        self.window = int(self.options.window)
        self.input_shape = (self.window + self.classes,)
        self.net_options = {"items": self.options.items, "window": self.window}
        self.choice_model = ChoiceModel.draw(self.options.items, self.classes, self.options.sharpness, spec.seed)
        self.schedule: Schedule = make_schedule(
            spec.drift, spec.cohorts, NEUTRAL, self.classes, spec.seed, spec.duration_s
        )
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self._strengths = np.array(
            [[dict(one.strengths).get(name, 0.0) for name in NEUTRAL] for one in self.schedule.concepts]
        )
        self._pace_s = [cohort.interval_s if cohort.interval_s < inf else 1.0 for cohort in spec.cohorts]

    def history(self) -> History:
        """Return the clicks of users of the original world; every tenth user is there to validate."""
        users = int(self.options.users)
        return History(self._past(users, 0, 0), self._past(max(users // 10, 2), 1, 0))

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the clicks of other users, when items are as popular as under a concept of the scenario."""
        users = int(self.options.users)
        return self._past(*((users, 2) if split == "train" else (max(users // 10, 2), 3)), concept)

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell: a candidate set for each sample, and the item chosen from it."""
        shape = chunk.time_s.shape
        group, (uniform, side) = rng.integers(ITEM_GROUPS, size=shape), rng.random((2, *shape))
        concept = self.schedule.concept(chunk.block, np.where(chunk.valid, chunk.time_s, -np.inf), side)
        shown = self.choice_model.item_groups[group]
        likes = self._likes(chunk.block, concept, shown)
        label = choose(likes.reshape(-1, self.classes), uniform.ravel()).reshape(shape)
        # Padding is given a time near by, so that no click is drawn for nothing.
        some_s = float(chunk.time_s.min(initial=inf, where=chunk.valid))
        seen = self._windows(chunk.block, np.where(chunk.valid, chunk.time_s, some_s if some_s < inf else 0.0))
        x = np.concatenate([seen, shown + 1], 2).astype(np.float32)
        valid = chunk.valid
        return Content(
            np.zeros(shape, np.int64),
            np.where(valid, label, 0).astype(np.int16),
            np.where(valid, concept, 0).astype(np.int16),
            np.where(valid[..., None], x, 0.0).astype(np.float32),
            np.where(valid, _content(likes, label), 0).astype(np.int16),
        )

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return for each device of the block the sorted times [s] at which its concept changes."""
        return self.schedule.changes(block)

    def interests(self, block: BlockId, concept: int) -> np.ndarray:
        """Return the interest of each device of the block under a concept: float64 [devices, dimensions]."""
        draw = rng(self.seed, Purpose.INTEREST, block.cohort, block.block)
        own, other = self.choice_model.interests(block.width, draw), self.choice_model.interests(block.width, draw)
        moved = float(self._strengths[concept, 0])
        return unit((1.0 - moved) * own + moved * other)

    def best_hit_rate(self, block: BlockId, concept: int, within: int = HIT_WITHIN) -> float:
        """Return how often the best ranking hits for the devices of a block under a concept."""
        return self.choice_model.best_hit_rate(self.interests(block, concept), self._strengths[concept, 1], within)

    def _likes(self, block: BlockId, concept: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Return how each device likes the items ``shown`` [devices, samples, n] to it: float64, same shape."""
        likes = np.empty(shown.shape)
        for number in np.unique(concept).tolist():
            of_all = self.choice_model.likes(self.interests(block, number), self._strengths[number, 1])
            row, column = np.nonzero(concept == number)
            likes[row, column] = of_all[row[:, None], shown[row, column]]
        return likes

    def _windows(self, block: BlockId, time_s: np.ndarray) -> np.ndarray:
        """Return the latest clicks strictly before ``time_s`` [devices, samples]: ids [devices, samples, window]."""
        pace_s, keys = self._pace_s[block.cohort], device_keys(block)
        phase = uniforms(self.seed, Purpose.CLICKS, keys)[:, None]
        last = np.ceil(time_s / pace_s - phase).astype(np.int64) - 1
        first = int(last.min()) - self.window + 1
        number = np.arange(first, int(last.max()) + 1)
        clicked = self._clicked(block, keys, number, (number + phase) * pace_s)
        places = last[..., None] - first + np.arange(1 - self.window, 1)
        return np.take_along_axis(clicked[:, None], places, 2) + 1

    def _clicked(self, block: BlockId, keys: np.ndarray, number: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Return which item each device clicked at each of its clicks ``number``: int64 [devices, numbers]."""
        draws = 2 * (number + _LONG_AGO)
        uniform, side = (uniforms(self.seed, Purpose.CLICKS, keys[:, None], draws + part) for part in (1, 2))
        concept = self.schedule.concept(block, time_s, side)
        clicked = np.empty(time_s.shape, np.int64)
        for one in np.unique(concept).tolist():
            likes = self.choice_model.likes(self.interests(block, one), self._strengths[one, 1])
            ruled = concept == one
            clicked[ruled] = choose(likes, uniform)[ruled]
        return clicked

    def _past(self, users: int, use: int, concept: int) -> Past:
        draw, length = rng(self.seed, Purpose.HISTORY, use), int(self.options.clicks)
        likes = self.choice_model.likes(self.choice_model.interests(users, draw), self._strengths[concept, 1])
        clicks = choose(likes, draw.random((users, self.window + length)))
        rows = np.arange(self.window, self.window + length)
        seen = np.stack([windows(one, rows, self.window) for one in clicks]).reshape(-1, self.window)
        shown = self.choice_model.item_groups[draw.integers(ITEM_GROUPS, size=users * length)]
        user = np.repeat(np.arange(users), length)
        label = choose(likes[user[:, None], shown], draw.random(len(user)))
        few = narrowed(Decisions(seen, (shown + 1).astype(np.int32), label.astype(np.int16)))
        x = np.concatenate([few.window, few.candidates], 1).astype(np.int64)
        return Past.of(x, few.label, user, np.tile(np.arange(length), users))


def _content(likes: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the prediction of the best ranking: the choice itself where it is among the first ten, else -1."""
    chosen = np.take_along_axis(likes, label[..., None], -1)
    return np.where((likes > chosen).sum(-1) < HIT_WITHIN, label, -1)
