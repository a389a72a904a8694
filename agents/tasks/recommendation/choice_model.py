"""Synthetic users and items whose best ranking is known: user clusters, popularity, and a choice model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.seeding import Purpose, rng

#: Dimensions in which users and items lie, kinds of taste among them, and how far individuals scatter around a kind.
DIMENSIONS, USER_CLUSTERS, SCATTER = 8, 12, 0.6
#: A list is right if the item that was chosen is among so many at its head.
HIT_WITHIN = 10
#: Candidate sets: each holds some of the items, always the same.
ITEM_GROUPS = 4096
#: Standard deviation of the items' log-popularity.
_POPULARITY = 0.7


@dataclass(frozen=True)
class ChoiceModel:
    """Items, their popularity now and after drift, and the candidate sets that users choose from.

    A user of interest w likes item i by u = ``sharpness`` * <w, v_i> + log-popularity. From a set, or from all
    items, one is chosen with probability proportional to exp(u) (Luce, Individual choice behavior, 1959), so
    that no ranking hits more often than that by u.

    Attributes:
        items: float64 [items, DIMENSIONS], unit vectors.
        popularity: float64 [2, items], log-popularity at first, and where it may drift to.
        item_groups: int64 [ITEM_GROUPS, candidates], items from 0, distinct within a set.
        kinds: float64 [USER_CLUSTERS, DIMENSIONS], unit vectors.
    """

    items: np.ndarray
    popularity: np.ndarray
    item_groups: np.ndarray
    kinds: np.ndarray
    sharpness: float

    @classmethod
    def draw(cls, items: int, candidates: int, sharpness: float, seed: int) -> ChoiceModel:
        """Return the choice model of a seed."""
        draw = rng(seed, Purpose.ITEM)
        kinds = unit(draw.standard_normal((USER_CLUSTERS, DIMENSIONS)))
        vectors = _scattered(kinds, items, draw)
        popularity = _POPULARITY * draw.standard_normal((2, items))
        item_groups = draw.random((ITEM_GROUPS, items)).argpartition(candidates - 1, axis=1)[:, :candidates]
        # The result of a partition is half sorted; a position within a set must carry no information.
        item_groups = draw.permuted(item_groups, axis=1)
        return cls(vectors, popularity, item_groups, kinds, sharpness)

    def interests(self, users: int, draw: np.random.Generator) -> np.ndarray:
        """Return the interests of new users: unit vectors, float64 [users, DIMENSIONS]."""
        return _scattered(self.kinds, users, draw)

    def likes(self, interest: np.ndarray, drifted: float) -> np.ndarray:
        """Return u of every item, float64 [users, items], when popularity has gone ``drifted`` of its way."""
        popularity = (1.0 - drifted) * self.popularity[0] + drifted * self.popularity[1]
        return self.sharpness * (interest @ self.items.T) + popularity

    def best_hit_rate(self, interest: np.ndarray, drifted: float, within: int) -> float:
        """Return how often the best ranking has the choice among its first ``within``, over users and sets."""
        likes = self.likes(interest, drifted)
        rates = [_hits(likes[:, group], within).mean() for group in self.item_groups]
        return float(np.mean(rates))


def choose(likes: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return which of ``likes`` [rows, n] is chosen, by inversion of ``uniform`` [rows, ...] uniform: int64."""
    upto = np.cumsum(np.exp(likes - likes.max(1, keepdims=True)), axis=1)
    wanted = (uniform * upto[:, -1].reshape(-1, *(1,) * (uniform.ndim - 1))).reshape(len(likes), -1)
    # One sorted search for all rows: each row's steps are lifted above those of the row before.
    lift = np.arange(len(likes))[:, None] * (2.0 * upto[:, -1].max())
    found = np.searchsorted((upto + lift).ravel(), (wanted + lift).ravel(), side="right").reshape(wanted.shape)
    within = found - np.arange(len(likes))[:, None] * likes.shape[1]
    return np.clip(within, 0, likes.shape[1] - 1).reshape(uniform.shape)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors [..., n] scaled to length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _scattered(kinds: np.ndarray, number: int, draw: np.random.Generator) -> np.ndarray:
    chosen = kinds[draw.integers(len(kinds), size=number)]
    return unit(chosen + SCATTER * unit(draw.standard_normal(chosen.shape)))


def _hits(likes: np.ndarray, within: int) -> np.ndarray:
    """Return the probability that the choice is among the ``within`` best, float64 [rows]."""
    odds = np.exp(likes - likes.max(1, keepdims=True))
    best = np.partition(odds, odds.shape[1] - within, axis=1)[:, -within:]
    return np.asarray(best.sum(1) / odds.sum(1))
