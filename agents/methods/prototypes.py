"""Prototypes: a few heads that every device keeps, and how a window finds its own and slowly improves it.

METHODS.md 2.5 and 2.9: k-means on codes, mean edits as heads, assignment with hysteresis, refinement without
back-propagation. All of it is arithmetic on plain tensors, one ticket after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no type information

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


class Prototypes:
    """The moving part of the cloud while it serves tickets; works on copies, and gives them back."""

    def __init__(self, cloud: Cloud, refinement: Refinement) -> None:
        self._kept = {name: cloud[name].numpy().copy() for name in _MOVING}
        self._born = cloud["born"].numpy()
        self._rule = refinement

    def serve(self, code: np.ndarray, head: np.ndarray, held: int) -> int:
        """Return the prototype for a ``code`` [code] of a device that holds ``held``, and refine it.

        ``head`` [params] is the head that the window calls for.
        """
        chosen = self.assign(code, held)
        self._kept["assigned"][chosen] += 1
        if self._rule.rate:
            self._refine(chosen, code, head)
        return chosen

    def assign(self, code: np.ndarray, held: int) -> int:
        """Return the nearest prototype, or ``held`` unless another is nearer by the hysteresis."""
        distance = np.linalg.norm(self._kept["centres"] - code, axis=1)
        nearest = int(distance.argmin())
        return nearest if distance[nearest] < (1.0 - self._rule.hysteresis) * distance[held] else held

    def head(self, prototype: int) -> np.ndarray:
        """Return the prototype's head of the newest version: [params]."""
        published: np.ndarray = self._kept["published"][prototype]
        return published

    def version(self, prototype: int) -> int:
        """Return how often a prototype's head was published anew."""
        return int(self._kept["refined"][prototype]) // self._rule.every

    def cloud(self) -> Cloud:
        """Return what has moved, as tensors."""
        return {name: torch.from_numpy(values) for name, values in self._kept.items()}

    def _refine(self, k: int, code: np.ndarray, head: np.ndarray) -> None:
        rule, kept = self._rule, self._kept
        kept["centres"][k] += rule.rate * (code - kept["centres"][k])
        moved = kept["heads"][k] + rule.rate * np.clip(head - kept["heads"][k], -rule.step, rule.step)
        kept["heads"][k] = np.clip(moved, self._born[k] - rule.reach, self._born[k] + rule.reach)
        kept["refined"][k] += 1
        if kept["refined"][k] % rule.every == 0:
            kept["published"][k] = kept["heads"][k]


_MOVING = ("centres", "heads", "published", "refined", "assigned")
