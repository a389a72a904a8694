"""Prototypes: a few heads that every device keeps, how a window finds its own, and how they slowly improve.

k-means on codes, assignment with hysteresis, refinement without back-propagation: all of it is arithmetic on plain
tensors. Where a prototype's head is now is kept as its way from the first head, ``moved``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch

from agents.kernels import sqrt, totals

Cloud = dict[str, torch.Tensor]
#: What a fresh device holds instead of a prototype; numbers of prototypes are below it.
NONE = 255
#: Versions are sent in 15 bits; after the last comes 1 again, since 0 is the head that all devices have.
_VERSIONS = 2**15 - 1


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


def cluster(codes: torch.Tensor, prototypes: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the centres [prototypes, code] of clusters of ``codes`` [windows, code], and the cluster of each window.

    Where there are fewer different codes than prototypes, some clusters stay empty.
    """
    # Only here: workers and cached runs never cluster, and the import takes seconds.
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    means = KMeans(prototypes, n_init=10, random_state=seed)
    with threadpool_limits(1):
        label = torch.from_numpy(means.fit_predict(codes.double().numpy())).long()
    return torch.from_numpy(means.cluster_centers_).float(), label


class Asked(NamedTuple):
    """What tickets bring, row by row.

    Attributes:
        codes: of windows, [tickets, code].
        held: the prototype that each device has, int64 [tickets]; ``NONE`` of a fresh one.
        sizes: how large an edit each needs on each prototype, [tickets, prototypes], if the smallest decides.
        reports: whose windows say something that fits, bool [tickets]: only these refine prototypes.
    """

    codes: torch.Tensor
    held: torch.Tensor
    sizes: torch.Tensor | None
    reports: torch.Tensor


class Served(NamedTuple):
    """What became of tickets.

    ``prototype``, ``version`` int64 [tickets]; ``moved`` [tickets, params], how far the prototype of that version is
    from its first head; ``edit`` and ``code``, what the window calls for beside it.
    """

    prototype: torch.Tensor
    version: torch.Tensor
    moved: torch.Tensor
    edit: torch.Tensor
    code: torch.Tensor


#: Called with (which tickets, their prototypes): their edits [tickets, params], and the codes that generate them.
Edits = Callable[[slice, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


class Prototypes:
    """The moving part of the cloud while it serves tickets; works on copies, and gives them back.

    Tickets are taken in batches of a fixed number, counted over the whole run: all of a batch meet the prototypes as
    they were at its beginning; then a prototype with m tickets in it goes ``1 - (1 - rate)^m`` of the way towards
    the mean of what they call for, as far as m steps, one a ticket, would carry it towards one target. How far a batch
    has come is part of the state, so that it does not matter in how many calls its tickets come.
    """

    def __init__(self, cloud: Cloud, refinement: Refinement) -> None:
        self._now, self._rule = {name: cloud[name].clone() for name in MOVING}, refinement

    def serve(self, asked: Asked, edits: Edits) -> Served:
        """Find the prototypes of tickets and let these refine them; return what becomes of the tickets.

        It is done part by part: between two parts prototypes may have moved.
        """
        codes, held, sizes, reports = asked
        first, parts = 0, []
        while first < len(codes):
            part = slice(first, min(len(codes), first + BATCH - int(self._now["in_batch"])))
            prototype = self.assign(codes[part], held[part], None if sizes is None else sizes[part])
            edit, code = edits(part, prototype)
            parts.append(Served(prototype, self._version[prototype], self._now["published"][prototype], edit, code))
            self._pull(prototype, codes[part], edit, reports[part])
            first = part.stop
        return Served(*(torch.cat(rows) for rows in zip(*parts, strict=True)))

    def assign(self, codes: torch.Tensor, held: torch.Tensor, sizes: torch.Tensor | None = None) -> torch.Tensor:
        """Return the prototypes of tickets, int64 [tickets]: the nearest, or ``held`` if not beaten by the hysteresis.

        With ``sizes`` [tickets, prototypes] it is the one that needs the smallest edit.
        """
        distance = self.distances(codes) if sizes is None else sizes
        best = distance.argmin(1)
        known = held.clamp_max(distance.shape[1] - 1)
        bound = (1.0 - self._rule.hysteresis) * distance.gather(1, known[:, None])[:, 0]
        stays = (held == known) & (distance.gather(1, best[:, None])[:, 0] >= bound)
        return torch.where(stays, held, best)

    def distances(self, codes: torch.Tensor) -> torch.Tensor:
        """Return how far codes are from all centres: [tickets, prototypes]."""
        away = codes[:, None, :] - self._now["centres"]
        return sqrt(totals(away.square_()))

    def cloud(self) -> Cloud:
        """Return what has moved."""
        return dict(self._now)

    @property
    def _version(self) -> torch.Tensor:
        published = self._now["refined"] // self._rule.every
        return torch.where(published > 0, (published - 1) % _VERSIONS + 1, 0)

    def _pull(self, prototype: torch.Tensor, codes: torch.Tensor, edits: torch.Tensor, reports: torch.Tensor) -> None:
        """Note where the tickets of a part pull their prototypes; move these when the batch is full."""
        now, rule = self._now, self._rule
        now["in_batch"] += len(prototype)
        prototype, codes, edits = prototype[reports], codes[reports], edits[reports]
        now["assigned"].index_add_(0, prototype, torch.ones_like(prototype))
        if rule.rate:
            now["pulled"].index_add_(0, prototype, torch.ones_like(prototype))
            now["pull_centres"].index_add_(0, prototype, codes - now["centres"][prototype])
            if edits.shape[1]:
                pull = (edits - now["moved"][prototype]).clamp_(-rule.step, rule.step)
                now["pull_heads"].index_add_(0, prototype, pull)
        if int(now["in_batch"]) == BATCH:
            self._refine()

    def _refine(self) -> None:
        now, rule = self._now, self._rule
        pulled = now["pulled"]
        share = ((1.0 - (1.0 - rule.rate) ** pulled.double()) / pulled.clamp_min(1)).float()[:, None]
        now["centres"] += share * now["pull_centres"]
        now["moved"] = (now["moved"] + share * now["pull_heads"]).clamp_(-rule.reach, rule.reach)
        due = (now["refined"] + pulled) // rule.every > now["refined"] // rule.every
        if due.any():
            now["published"] = torch.where(due[:, None], now["moved"], now["published"])
        now["refined"] += pulled
        for name in ("in_batch", "pulled", "pull_centres", "pull_heads"):
            now[name].zero_()


def at_rest(centres: torch.Tensor, params: int) -> Cloud:
    """Return what :class:`Prototypes` keeps of prototypes with these ``centres`` before any ticket is served."""
    number = len(centres)
    none, zeros = torch.zeros(number, dtype=torch.int64), torch.zeros(number, params)
    heads = {name: zeros.clone() for name in ("moved", "published", "pull_heads")}
    counts = {name: none.clone() for name in ("refined", "assigned", "pulled")}
    in_batch = torch.zeros((), dtype=torch.int64)
    return {**heads, **counts, "in_batch": in_batch, "pull_centres": torch.zeros_like(centres), "centres": centres}


#: Tickets that meet the same prototypes.
BATCH = 32
#: What serving changes.
MOVING = (
    "centres",
    "moved",
    "published",
    "refined",
    "assigned",
    "in_batch",
    "pulled",
    "pull_centres",
    "pull_heads",
)
