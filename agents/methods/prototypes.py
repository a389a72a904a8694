"""Prototypes: a few heads that every device keeps, and how a window finds its own and slowly improves it.

k-means on codes, mean edits as heads, assignment with hysteresis, refinement without back-propagation: all of it
is arithmetic on plain tensors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch

from agents.kernels import sqrt, totals

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
    """What became of tickets: int64 [tickets] each; a version counts around in 15 bits, as it is sent."""

    prototype: torch.Tensor
    version: torch.Tensor


class Prototypes:
    """The moving part of the cloud while it serves tickets; works on copies, and gives them back.

    Tickets are taken in batches of a fixed number, counted over the whole run: all of a batch meet the prototypes as
    they were at its beginning; then a prototype with m tickets in it goes ``1 - (1 - rate)^m`` of the way towards
    their mean, as far as m steps, one a ticket, would carry it towards one target. How far a batch has come
    is part of the state, so that it does not matter in how many calls its tickets come.
    """

    def __init__(self, cloud: Cloud, refinement: Refinement) -> None:
        self._statistics = {name: cloud[name].clone() for name in MOVING}
        self._created, self._rule = cloud["born"], refinement

    @property
    def published(self) -> torch.Tensor:
        """The newest head of each prototype that was sent to devices, [prototypes, params]."""
        return self._statistics["published"]

    def serve(self, codes: torch.Tensor, heads: torch.Tensor, held: torch.Tensor) -> Iterator[tuple[slice, Served]]:
        """Find the prototypes of tickets and let these refine them; yield part by part, which tickets and what.

        ``codes`` [tickets, code] and ``heads`` [tickets, params] are what windows need; ``held`` is the
        prototype each device has. Between two parts prototypes may have moved.
        """
        first = 0
        while first < len(codes):
            part = slice(first, min(len(codes), first + BATCH - int(self._statistics["in_batch"])))
            prototype = self.assign(codes[part], held[part])
            yield part, Served(prototype, self._version[prototype])
            self._pull(prototype, codes[part], heads[part])
            first = part.stop

    def assign(self, codes: torch.Tensor, held: torch.Tensor) -> torch.Tensor:
        """Return the nearest prototypes, or those ``held`` unless another is nearer by the hysteresis: [tickets]."""
        away = codes[:, None, :] - self._statistics["centres"]
        distance = sqrt(totals(away.square_()))
        nearest = distance.argmin(1)
        bound = (1.0 - self._rule.hysteresis) * distance.gather(1, held[:, None])
        return torch.where((distance.gather(1, nearest[:, None]) < bound)[:, 0], nearest, held)

    def cloud(self) -> Cloud:
        """Return what has moved."""
        return dict(self._statistics)

    @property
    def _version(self) -> torch.Tensor:
        return self._statistics["refined"] // self._rule.every % 2**15

    def _pull(self, prototype: torch.Tensor, codes: torch.Tensor, heads: torch.Tensor) -> None:
        """Note where the tickets of a part pull their prototypes; move these when the batch is full."""
        best_weights, rule = self._statistics, self._rule
        best_weights["assigned"].index_add_(0, prototype, torch.ones_like(prototype))
        best_weights["in_batch"] += len(prototype)
        if rule.rate:
            best_weights["pulled"].index_add_(0, prototype, torch.ones_like(prototype))
            best_weights["pull_centres"].index_add_(0, prototype, codes - best_weights["centres"][prototype])
            pull = (heads - best_weights["heads"][prototype]).clamp_(-rule.step, rule.step)
            best_weights["pull_heads"].index_add_(0, prototype, pull)
        if int(best_weights["in_batch"]) == BATCH:
            self._refine()

    def _refine(self) -> None:
        best_weights, rule, created = self._statistics, self._rule, self._created
        pulled = best_weights["pulled"]
        share = ((1.0 - (1.0 - rule.rate) ** pulled.double()) / pulled.clamp_min(1)).float()[:, None]
        best_weights["centres"] += share * best_weights["pull_centres"]
        best_weights["heads"] = (best_weights["heads"] + share * best_weights["pull_heads"]).clamp_(
            created - rule.reach, created + rule.reach
        )
        due = (best_weights["refined"] + pulled) // rule.every > best_weights["refined"] // rule.every
        if due.any():
            best_weights["published"] = torch.where(due[:, None], best_weights["heads"], best_weights["published"])
        best_weights["refined"] += pulled
        for name in ("in_batch", "pulled", "pull_centres", "pull_heads"):
            best_weights[name].zero_()


def at_rest(prototypes: Cloud) -> Cloud:
    """Return what :class:`Prototypes` keeps beside ``prototypes`` when no batch is under way."""
    return {
        "in_batch": torch.zeros((), dtype=torch.int64),
        "pulled": torch.zeros_like(prototypes["refined"]),
        "pull_centres": torch.zeros_like(prototypes["centres"]),
        "pull_heads": torch.zeros_like(prototypes["heads"]),
    }


#: Tickets that meet the same prototypes.
BATCH = 32
#: What serving changes.
MOVING = (
    "centres",
    "heads",
    "published",
    "refined",
    "assigned",
    "in_batch",
    "pulled",
    "pull_centres",
    "pull_heads",
)
