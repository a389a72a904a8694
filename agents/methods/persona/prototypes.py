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


#: Called with the prototypes of all tickets: their edits [tickets, params], and the codes that generate them.
Edits = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


class _Part(NamedTuple):
    """Tickets that met the same prototypes.

    Attributes:
        rows: which they are.
        version: of all prototypes as they met them, int64 [prototypes].
        share: of the way that each prototype goes after them, [prototypes, 1]; None while the batch goes on.
        due: whether what it has moved then gets a new version, bool [prototypes].
    """

    rows: slice
    version: torch.Tensor
    share: torch.Tensor | None
    due: torch.Tensor | None


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

        Which prototype a ticket finds depends on codes alone: they are found first, batch by batch, for the centres
        move between batches. So all edits are made at once, and then the heads move as the centres did.
        """
        prototype, parts = self._find(asked)
        edit, code = edits(prototype)
        moved = self._move_heads(prototype, edit, asked.reports, parts)
        version = torch.cat([part.version[prototype[part.rows]] for part in parts])
        return Served(prototype, version, moved, edit, code)

    def _find(self, asked: Asked) -> tuple[torch.Tensor, list[_Part]]:
        """Return the prototypes of tickets, and the batches that these are, the last of which may go on."""
        codes, held, sizes, reports = asked
        found, parts, first = torch.empty_like(held), [], 0
        while first < len(codes):
            rows = slice(first, min(len(codes), first + BATCH - int(self._now["in_batch"])))
            prototype = self.assign(codes[rows], held[rows], None if sizes is None else sizes[rows])
            found[rows], version = prototype, self._version
            share, due = self._pull_centres(prototype, codes[rows], reports[rows])
            parts.append(_Part(rows, version, share, due))
            first = rows.stop
        return found, parts

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

    def _pull_centres(
        self, prototype: torch.Tensor, codes: torch.Tensor, reports: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Note where tickets pull the centres of their prototypes, and move these if the batch is full.

        Return by which share of the way prototypes move, and which get a new version; None while the batch goes on.
        """
        now = self._now
        now["in_batch"] += len(prototype)
        prototype, codes = prototype[reports], codes[reports]
        ones = torch.ones_like(prototype)
        now["assigned"].index_add_(0, prototype, ones)
        if self._rule.rate:
            now["pulled"].index_add_(0, prototype, ones)
            now["pull_centres"].index_add_(0, prototype, codes - now["centres"][prototype])
        return self._end_batch() if int(now["in_batch"]) == BATCH else (None, None)

    def _end_batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        now, rule = self._now, self._rule
        pulled = now["pulled"]
        share = ((1.0 - (1.0 - rule.rate) ** pulled.double()) / pulled.clamp_min(1)).float()[:, None]
        now["centres"] += share * now["pull_centres"]
        due = (now["refined"] + pulled) // rule.every > now["refined"] // rule.every
        now["refined"] += pulled
        for name in ("in_batch", "pulled", "pull_centres"):
            now[name].zero_()
        return share, due

    def _move_heads(
        self, prototype: torch.Tensor, edit: torch.Tensor, reports: torch.Tensor, parts: list[_Part]
    ) -> torch.Tensor:
        """Let edits pull the heads of prototypes; return how far these were when tickets came: [tickets, params]."""
        now, rule = self._now, self._rule
        moved = now["published"].new_empty(len(prototype), now["published"].shape[1])
        pulls = bool(rule.rate) and edit.shape[1] > 0
        for rows, _, share, due in parts:
            own = prototype[rows]
            moved[rows] = now["published"][own]
            if pulls:
                fitting = reports[rows]
                own = own[fitting]
                pull = (edit[rows][fitting] - now["moved"][own]).clamp_(-rule.step, rule.step)
                now["pull_heads"].index_add_(0, own, pull)
            if share is not None and due is not None:
                now["moved"] = (now["moved"] + share * now["pull_heads"]).clamp_(-rule.reach, rule.reach)
                if due.any():
                    now["published"] = torch.where(due[:, None], now["moved"], now["published"])
                now["pull_heads"].zero_()
        return moved


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
