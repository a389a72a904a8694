"""Prototypes: a few heads that every device keeps, and how a window finds its own and slowly improves it.

k-means on codes, mean edits as heads, assignment with hysteresis, refinement without back-propagation: all of it
is arithmetic on plain arrays, one ticket after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

Cloud = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Refinement:
    """How prototypes move.

    Attributes:
        rate: share of the way that a served request pulls its prototype (eta); 0 keeps all as they were.
        step: largest pull of one weight by one request, before ``rate`` (tau_r).
        reach: no weight ever goes further than this from where it started (tau).
        every: requests after which a prototype's moves get a new version.
        hysteresis: a new prototype must be nearer than the old one by this share.
    """

    rate: float
    step: float
    reach: float
    every: int
    hysteresis: float


def cluster(codes: torch.Tensor, edits: torch.Tensor, base: torch.Tensor, prototypes: int, seed: int) -> Cloud:
    """Return the prototypes of a past: centres and heads, and counters at zero.

    ``codes`` [windows, code], ``edits`` [windows, params], ``base`` [params]. A prototype's head is the base
    plus the mean edit of its windows.
    """
    # Only here: workers and cached runs never cluster, and the import takes seconds.
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    means = KMeans(prototypes, n_init=10, random_state=seed)
    with threadpool_limits(1):
        label = torch.from_numpy(means.fit_predict(codes.double().numpy())).long()
    number = torch.bincount(label, minlength=prototypes).clamp_min(1).unsqueeze(1)
    sums = torch.zeros(prototypes, edits.shape[1]).index_add_(0, label, edits)
    heads = base + sums / number
    return {
        "centres": torch.from_numpy(means.cluster_centers_).float(),
        "heads": heads,
        "published": heads.clone(),
        "born": heads.clone(),
        "refined": torch.zeros(prototypes, dtype=torch.int64),
        "assigned": torch.zeros(prototypes, dtype=torch.int64),
    }


class Served(NamedTuple):
    """What became of tickets, in their order: prototype, its newest head [params] and its version."""

    prototype: list[int]
    head: list[np.ndarray]
    version: list[int]


class Prototypes:
    """The moving part of the cloud while it serves tickets; works on copies, and gives them back."""

    def __init__(self, cloud: Cloud, refinement: Refinement) -> None:
        self._kept = {name: cloud[name].numpy().copy() for name in _MOVING}
        self._published = list(cloud["published"].numpy())
        self._born = cloud["born"].numpy()
        self._rule = refinement

    def serve(self, codes: np.ndarray, heads: np.ndarray, held: Sequence[int]) -> Served:
        """Find the prototype of each ticket and refine it, one after the other.

        ``codes`` [tickets, code] and ``heads`` [tickets, params] are what windows call for; ``held`` tells which
        prototype each device has.
        """
        served = Served([], [], [])
        for code, head, has in zip(codes, heads, held, strict=True):
            k = self.assign(code, has)
            served.prototype.append(k)
            served.head.append(self._published[k])
            served.version.append(self.version(k))
            self._kept["assigned"][k] += 1
            if self._rule.rate:
                self._refine(k, code, head)
        return served

    def assign(self, code: np.ndarray, held: int) -> int:
        """Return the nearest prototype, or ``held`` unless another is nearer by the hysteresis."""
        away = self._kept["centres"] - code
        distance = np.sqrt((away * away).sum(axis=1))
        nearest = int(distance.argmin())
        return nearest if distance[nearest] < (1.0 - self._rule.hysteresis) * distance[held] else held

    def version(self, prototype: int) -> int:
        """Return how often a prototype's head was published anew; counts around in 15 bits, as it is sent."""
        return int(self._kept["refined"][prototype]) // self._rule.every % 2**15

    def cloud(self) -> Cloud:
        """Return what has moved, as tensors."""
        moved = {name: torch.from_numpy(values) for name, values in self._kept.items()}
        return {**moved, "published": torch.from_numpy(np.stack(self._published))}

    def _refine(self, k: int, code: np.ndarray, head: np.ndarray) -> None:
        rule, centre, own = self._rule, self._kept["centres"][k], self._kept["heads"][k]
        centre += rule.rate * (code - centre)
        own += rule.rate * np.clip(head - own, -rule.step, rule.step)
        np.clip(own, self._born[k] - rule.reach, self._born[k] + rule.reach, out=own)
        self._kept["refined"][k] += 1
        if self._kept["refined"][k] % rule.every == 0:
            self._published[k] = own.copy()


_MOVING = ("centres", "heads", "refined", "assigned")
